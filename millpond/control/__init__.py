"""What platform engineers run: deploy, publish, roll back, status."""
