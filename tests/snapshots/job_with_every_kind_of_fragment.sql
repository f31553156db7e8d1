SET 'pipeline.name' = 'shop.payments.0123abcd';
SET 'parallelism.default' = '2';
SET 'table.exec.state.ttl' = '172860000 ms';
SET 'table.local-time-zone' = 'UTC';
SET 'table.optimizer.reuse-optimize-block-with-digest-enabled' = 'true';
SET 'table.exec.mini-batch.enabled' = 'true';
SET 'table.exec.mini-batch.allow-latency' = '80 ms';
SET 'table.exec.mini-batch.size' = '20000';
SET 'table.optimizer.agg-phase-strategy' = 'TWO_PHASE';
SET 'pipeline.object-reuse' = 'true';
SET 'execution.buffer-timeout.interval' = '5 ms';
SET 'execution.checkpointing.interval' = '5 s';
SET 'execution.checkpointing.tolerable-failed-checkpoints' = '1000000000';
SET 'execution.checkpointing.externalized-checkpoint-retention' = 'RETAIN_ON_CANCELLATION';
SET 'state.backend.type' = 'rocksdb';
SET 'state.backend.rocksdb.use-bloom-filter' = 'true';
SET 'execution.checkpointing.incremental' = 'true';
SET 'restart-strategy.type' = 'exponential-delay';

CREATE TEMPORARY FUNCTION `AVRO_DECODE` AS 'millpond.AvroDecode' LANGUAGE JAVA;

CREATE TEMPORARY TABLE `source` (
  `key` BYTES,
  `value` BYTES,
  `partition` INT METADATA VIRTUAL,
  `offset` BIGINT METADATA VIRTUAL,
  `timestamp` TIMESTAMP_LTZ(3) METADATA VIRTUAL,
  `headers` MAP<STRING, BYTES> METADATA VIRTUAL,
  `now` AS PROCTIME()
) WITH (
  'connector' = 'kafka',
  'topic' = 'shop.payment.v1',
  'properties.bootstrap.servers' = 'broker:9092',
  'key.format' = 'raw',
  'key.fields' = 'key',
  'value.format' = 'raw',
  'value.fields-include' = 'EXCEPT_KEY',
  'properties.group.id' = 'millpond.test.shop.payments.0123abcd',
  'properties.isolation.level' = 'read_committed',
  'scan.startup.mode' = 'specific-offsets',
  'scan.startup.specific-offsets' = 'partition:0,offset:0;partition:1,offset:12'
);

CREATE TEMPORARY TABLE `dead_letters` (
  `key` BYTES,
  `value` BYTES,
  `headers` MAP<STRING, BYTES> METADATA
) WITH (
  'connector' = 'kafka',
  'topic' = 'millpond.test.shop.payments.0123abcd.dlq',
  'properties.bootstrap.servers' = 'broker:9092',
  'key.format' = 'raw',
  'key.fields' = 'key',
  'value.format' = 'raw',
  'value.fields-include' = 'EXCEPT_KEY',
  'sink.delivery-guarantee' = 'at-least-once',
  'properties.acks' = 'all',
  'properties.enable.idempotence' = 'true',
  'properties.delivery.timeout.ms' = '120000',
  'properties.linger.ms' = '2'
);

CREATE TEMPORARY TABLE `shop.account.v3.tiles_short.g1` (
  `account` STRING,
  `level` BIGINT,
  `tile` BIGINT,
  `n` BIGINT,
  `first_ts` BIGINT,
  `last_ts` BIGINT,
  `payments_count` BIGINT,
  `failed_count` BIGINT,
  `volume_sum` DECIMAL(20, 2),
  `pieces_sum` DECIMAL(29, 0),
  `way_sum` DOUBLE,
  `way_count` BIGINT,
  `least_min` DECIMAL(10, 2),
  `seen_max` BIGINT,
  PRIMARY KEY (`account`, `level`, `tile`) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'millpond.test.shop.account.v3.tiles-short.g1',
  'properties.bootstrap.servers' = 'broker:9092',
  'key.format' = 'avro-confluent',
  'key.avro-confluent.url' = 'http://registry:8080/apis/ccompat/v7',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = 'http://registry:8080/apis/ccompat/v7',
  'value.fields-include' = 'EXCEPT_KEY',
  'sink.delivery-guarantee' = 'at-least-once',
  'properties.acks' = 'all',
  'properties.enable.idempotence' = 'true',
  'properties.delivery.timeout.ms' = '120000',
  'properties.linger.ms' = '2'
);

CREATE TEMPORARY TABLE `shop.account.v3.tiles_long.g1` (
  `account` STRING,
  `level` BIGINT,
  `tile` BIGINT,
  `n` BIGINT,
  `first_ts` BIGINT,
  `last_ts` BIGINT,
  `payments_count` BIGINT,
  `failed_count` BIGINT,
  `volume_sum` DECIMAL(20, 2),
  `pieces_sum` DECIMAL(29, 0),
  `way_sum` DOUBLE,
  `way_count` BIGINT,
  `least_min` DECIMAL(10, 2),
  `seen_max` BIGINT,
  PRIMARY KEY (`account`, `level`, `tile`) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'millpond.test.shop.account.v3.tiles-long.g1',
  'properties.bootstrap.servers' = 'broker:9092',
  'key.format' = 'avro-confluent',
  'key.avro-confluent.url' = 'http://registry:8080/apis/ccompat/v7',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = 'http://registry:8080/apis/ccompat/v7',
  'value.fields-include' = 'EXCEPT_KEY',
  'sink.delivery-guarantee' = 'at-least-once',
  'properties.acks' = 'all',
  'properties.enable.idempotence' = 'true',
  'properties.delivery.timeout.ms' = '120000',
  'properties.linger.ms' = '2'
);

CREATE TEMPORARY TABLE `shop.account.v3.lifetime.g1` (
  `account` STRING,
  `level` BIGINT,
  `tile` BIGINT,
  `n` BIGINT,
  `first_ts` BIGINT,
  `last_ts` BIGINT,
  `payments_count` BIGINT,
  `failed_count` BIGINT,
  `volume_sum` DECIMAL(20, 2),
  `pieces_sum` DECIMAL(29, 0),
  `way_sum` DOUBLE,
  `way_count` BIGINT,
  `least_min` DECIMAL(10, 2),
  `seen_max` BIGINT,
  PRIMARY KEY (`account`, `level`, `tile`) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'millpond.test.shop.account.v3.lifetime.g1',
  'properties.bootstrap.servers' = 'broker:9092',
  'key.format' = 'avro-confluent',
  'key.avro-confluent.url' = 'http://registry:8080/apis/ccompat/v7',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = 'http://registry:8080/apis/ccompat/v7',
  'value.fields-include' = 'EXCEPT_KEY',
  'sink.delivery-guarantee' = 'at-least-once',
  'properties.acks' = 'all',
  'properties.enable.idempotence' = 'true',
  'properties.delivery.timeout.ms' = '120000',
  'properties.linger.ms' = '2'
);

CREATE TEMPORARY TABLE `shop.pair.v3.tiles_long.g1` (
  `account` STRING,
  `shop` BIGINT,
  `level` BIGINT,
  `tile` BIGINT,
  `n` BIGINT,
  `first_ts` BIGINT,
  `last_ts` BIGINT,
  `payments_count` BIGINT,
  `failed_count` BIGINT,
  `volume_sum` DECIMAL(20, 2),
  `pieces_sum` DECIMAL(29, 0),
  `way_sum` DOUBLE,
  `way_count` BIGINT,
  `least_min` DECIMAL(10, 2),
  `seen_max` BIGINT,
  PRIMARY KEY (`account`, `shop`, `level`, `tile`) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'millpond.test.shop.pair.v3.tiles-long.g1',
  'properties.bootstrap.servers' = 'broker:9092',
  'key.format' = 'avro-confluent',
  'key.avro-confluent.url' = 'http://registry:8080/apis/ccompat/v7',
  'value.format' = 'avro-confluent',
  'value.avro-confluent.url' = 'http://registry:8080/apis/ccompat/v7',
  'value.fields-include' = 'EXCEPT_KEY',
  'sink.delivery-guarantee' = 'at-least-once',
  'properties.acks' = 'all',
  'properties.enable.idempotence' = 'true',
  'properties.delivery.timeout.ms' = '120000',
  'properties.linger.ms' = '2'
);

CREATE TEMPORARY VIEW `decoded` AS
SELECT `key`, `value`, `partition`, `offset`, `headers`, `now`,
  EXTRACT(EPOCH FROM `timestamp`) * 1000 + EXTRACT(MILLISECOND FROM `timestamp`) AS `arrival`,
  `AVRO_DECODE`(`value`, '{"type":"record","name":"Payment","fields":[{"name":"id","type":"string"},{"name":"made_at","type":["null",{"type":"long","logicalType":"timestamp-micros"}]},{"name":"value","type":["null","string"],"default":null},{"name":"shop","type":["null","long"],"default":null},{"name":"amount","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},{"name":"pieces","type":"long"},{"name":"distance","type":["null","double"],"default":null},{"name":"status","type":{"type":"enum","name":"Status","symbols":["OK","FAILED"]}},{"name":"seen_at","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"default":null},{"name":"first","type":"boolean","default":false}]}', '{"made_at":["made_at"],"value":["value"],"shop":["shop"],"amount":["amount"],"pieces":["pieces"],"distance":["distance"],"status":["status"],"seen_at":["seen_at"],"id":["id"]}', 'http://registry:8080/apis/ccompat/v7', 7) AS `record`
FROM `source`;

CREATE TEMPORARY VIEW `judged` AS
SELECT *, CASE
  WHEN `record`.`reason` IS NOT NULL THEN `record`.`reason`
  WHEN `event_time` IS NULL THEN 'null_event_time'
  WHEN `record`.`event`.`id` IS NULL THEN 'null_event_id'
  WHEN `event_time` < 0 OR `event_time` > 253402300799999 THEN 'event_time_out_of_range'
  WHEN `arrival` - `event_time` > 86400000 THEN 'late'
  WHEN `event_time` - `arrival` > 60000 THEN 'future'
END AS `reason`
FROM (SELECT *, CASE WHEN `record`.`event`.`made_at` < 0 THEN (`record`.`event`.`made_at` + 1) / 1000 - 1 ELSE `record`.`event`.`made_at` / 1000 END AS `event_time` FROM `decoded`);

CREATE TEMPORARY VIEW `accepted` AS
SELECT
  `now` AS `$now`,
  `record`.`event`.`id` AS `id`,
  `event_time` AS `made_at`,
  `record`.`event`.`value` AS `value`,
  `record`.`event`.`shop` AS `shop`,
  `record`.`event`.`amount` AS `amount`,
  `record`.`event`.`pieces` AS `pieces`,
  `record`.`event`.`distance` AS `distance`,
  `record`.`event`.`status` AS `status`,
  CASE WHEN `record`.`event`.`seen_at` < 0 THEN (`record`.`event`.`seen_at` + 1) / 1000 - 1 ELSE `record`.`event`.`seen_at` / 1000 END AS `seen_at`
FROM `judged`
WHERE `reason` IS NULL;

CREATE TEMPORARY VIEW `events` AS
SELECT `made_at`, `value`, `shop`, `amount`, `pieces`, `distance`, `status`, `seen_at`
FROM (SELECT *, COUNT(*) OVER (PARTITION BY `id`, `made_at` ORDER BY `$now` ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `$copy` FROM `accepted`)
WHERE `$copy` = 1;

EXECUTE STATEMENT SET BEGIN

INSERT INTO `dead_letters`
SELECT `key`, `value`, MAP_UNION(`headers`, MAP[
  'millpond.reason', ENCODE(`reason`, 'UTF-8'),
  'millpond.detail', ENCODE(COALESCE(`record`.`detail`, 'event time ' || COALESCE(CAST(`event_time` AS STRING), 'null') || ', arrival ' || CAST(`arrival` AS STRING)), 'UTF-8'),
  'millpond.topic', ENCODE('shop.payment.v1', 'UTF-8'),
  'millpond.partition', ENCODE(CAST(`partition` AS STRING), 'UTF-8'),
  'millpond.offset', ENCODE(CAST(`offset` AS STRING), 'UTF-8')
])
FROM `judged`
WHERE `reason` IS NOT NULL;

INSERT INTO `shop.account.v3.tiles_short.g1`
SELECT /*+ STATE_TTL('e' = '172860000 ms') */
  `account`, `level`, `tile`,
  COUNT(*),
  MIN(`ts`),
  MAX(`ts`),
  COUNT(`payments_count`),
  COUNT(`failed_count`),
  COALESCE(CAST(SUM(`volume_sum`) AS DECIMAL(20, 2)), CAST('0' AS DECIMAL(20, 2))),
  COALESCE(CAST(SUM(`pieces_sum`) AS DECIMAL(29, 0)), CAST('0' AS DECIMAL(29, 0))),
  COALESCE(CAST(SUM(`way_sum`) AS DOUBLE), CAST('0' AS DOUBLE)),
  COUNT(`way_count`),
  MIN(`least_min`),
  MAX(`seen_max`)
FROM (
  SELECT
    `v`.`value` AS `account`,
    `l`.`level`,
    `l`.`tile`,
    `v`.`made_at` AS `ts`,
    1 AS `payments_count`,
    CASE WHEN (`v`.`status` = 'FAILED') THEN 1 END AS `failed_count`,
    `v`.`amount` AS `volume_sum`,
    CASE WHEN (`v`.`amount` > CAST('9.99' AS DECIMAL(10, 2))) THEN CAST(`v`.`pieces` AS DECIMAL(19, 0)) END AS `pieces_sum`,
    `v`.`distance` AS `way_sum`,
    `v`.`distance` AS `way_count`,
    CASE WHEN (`v`.`status` = 'FAILED') THEN `v`.`amount` END AS `least_min`,
    `v`.`seen_at` AS `seen_max`
  FROM `events` AS `v`
  CROSS JOIN UNNEST(ARRAY[ROW(CAST(60000 AS BIGINT), `v`.`made_at` / 60000)]) AS `l` (`level`, `tile`)
  WHERE `v`.`value` IS NOT NULL
) AS `e`
GROUP BY `account`, `level`, `tile`;

INSERT INTO `shop.account.v3.tiles_long.g1`
SELECT /*+ STATE_TTL('e' = '259200000 ms') */
  `account`, `level`, `tile`,
  COUNT(*),
  MIN(`ts`),
  MAX(`ts`),
  COUNT(`payments_count`),
  COUNT(`failed_count`),
  COALESCE(CAST(SUM(`volume_sum`) AS DECIMAL(20, 2)), CAST('0' AS DECIMAL(20, 2))),
  COALESCE(CAST(SUM(`pieces_sum`) AS DECIMAL(29, 0)), CAST('0' AS DECIMAL(29, 0))),
  COALESCE(CAST(SUM(`way_sum`) AS DOUBLE), CAST('0' AS DOUBLE)),
  COUNT(`way_count`),
  MIN(`least_min`),
  MAX(`seen_max`)
FROM (
  SELECT
    `v`.`value` AS `account`,
    `l`.`level`,
    `l`.`tile`,
    `v`.`made_at` AS `ts`,
    1 AS `payments_count`,
    CASE WHEN (`v`.`status` = 'FAILED') THEN 1 END AS `failed_count`,
    `v`.`amount` AS `volume_sum`,
    CASE WHEN (`v`.`amount` > CAST('9.99' AS DECIMAL(10, 2))) THEN CAST(`v`.`pieces` AS DECIMAL(19, 0)) END AS `pieces_sum`,
    `v`.`distance` AS `way_sum`,
    `v`.`distance` AS `way_count`,
    CASE WHEN (`v`.`status` = 'FAILED') THEN `v`.`amount` END AS `least_min`,
    `v`.`seen_at` AS `seen_max`
  FROM `events` AS `v`
  CROSS JOIN UNNEST(ARRAY[ROW(CAST(3600000 AS BIGINT), `v`.`made_at` / 3600000), ROW(CAST(86400000 AS BIGINT), `v`.`made_at` / 86400000)]) AS `l` (`level`, `tile`)
  WHERE `v`.`value` IS NOT NULL
) AS `e`
GROUP BY `account`, `level`, `tile`;

INSERT INTO `shop.account.v3.lifetime.g1`
SELECT /*+ STATE_TTL('e' = '259200000 ms') */
  `account`, `level`, `tile`,
  COUNT(*),
  MIN(`ts`),
  MAX(`ts`),
  COUNT(`payments_count`),
  COUNT(`failed_count`),
  COALESCE(CAST(SUM(`volume_sum`) AS DECIMAL(20, 2)), CAST('0' AS DECIMAL(20, 2))),
  COALESCE(CAST(SUM(`pieces_sum`) AS DECIMAL(29, 0)), CAST('0' AS DECIMAL(29, 0))),
  COALESCE(CAST(SUM(`way_sum`) AS DOUBLE), CAST('0' AS DOUBLE)),
  COUNT(`way_count`),
  MIN(`least_min`),
  MAX(`seen_max`)
FROM (
  SELECT
    `v`.`value` AS `account`,
    `l`.`level`,
    `l`.`tile`,
    `v`.`made_at` AS `ts`,
    1 AS `payments_count`,
    CASE WHEN (`v`.`status` = 'FAILED') THEN 1 END AS `failed_count`,
    `v`.`amount` AS `volume_sum`,
    CASE WHEN (`v`.`amount` > CAST('9.99' AS DECIMAL(10, 2))) THEN CAST(`v`.`pieces` AS DECIMAL(19, 0)) END AS `pieces_sum`,
    `v`.`distance` AS `way_sum`,
    `v`.`distance` AS `way_count`,
    CASE WHEN (`v`.`status` = 'FAILED') THEN `v`.`amount` END AS `least_min`,
    `v`.`seen_at` AS `seen_max`
  FROM `events` AS `v`
  CROSS JOIN UNNEST(ARRAY[ROW(CAST(86400000 AS BIGINT), `v`.`made_at` / 86400000)]) AS `l` (`level`, `tile`)
  WHERE `v`.`value` IS NOT NULL
) AS `e`
GROUP BY `account`, `level`, `tile`;

INSERT INTO `shop.pair.v3.tiles_long.g1`
SELECT /*+ STATE_TTL('e' = '176400000 ms') */
  `account`, `shop`, `level`, `tile`,
  COUNT(*),
  MIN(`ts`),
  MAX(`ts`),
  COUNT(`payments_count`),
  COUNT(`failed_count`),
  COALESCE(CAST(SUM(`volume_sum`) AS DECIMAL(20, 2)), CAST('0' AS DECIMAL(20, 2))),
  COALESCE(CAST(SUM(`pieces_sum`) AS DECIMAL(29, 0)), CAST('0' AS DECIMAL(29, 0))),
  COALESCE(CAST(SUM(`way_sum`) AS DOUBLE), CAST('0' AS DOUBLE)),
  COUNT(`way_count`),
  MIN(`least_min`),
  MAX(`seen_max`)
FROM (
  SELECT
    `v`.`value` AS `account`,
    `v`.`shop` AS `shop`,
    `l`.`level`,
    `l`.`tile`,
    `v`.`made_at` AS `ts`,
    1 AS `payments_count`,
    CASE WHEN (`v`.`status` = 'FAILED') THEN 1 END AS `failed_count`,
    `v`.`amount` AS `volume_sum`,
    CASE WHEN (`v`.`amount` > CAST('9.99' AS DECIMAL(10, 2))) THEN CAST(`v`.`pieces` AS DECIMAL(19, 0)) END AS `pieces_sum`,
    `v`.`distance` AS `way_sum`,
    `v`.`distance` AS `way_count`,
    CASE WHEN (`v`.`status` = 'FAILED') THEN `v`.`amount` END AS `least_min`,
    `v`.`seen_at` AS `seen_max`
  FROM `events` AS `v`
  CROSS JOIN UNNEST(ARRAY[ROW(CAST(3600000 AS BIGINT), `v`.`made_at` / 3600000)]) AS `l` (`level`, `tile`)
  WHERE `v`.`value` IS NOT NULL AND `v`.`shop` IS NOT NULL
) AS `e`
GROUP BY `account`, `shop`, `level`, `tile`;

END;
