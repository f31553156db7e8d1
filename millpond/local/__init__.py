"""The whole stack as local processes: Kafka, schema registry, Flink cluster and Valkey."""
