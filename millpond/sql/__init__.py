"""Plan -> Flink SQL and Plan -> DuckDB SQL: text only, no engine is imported."""
