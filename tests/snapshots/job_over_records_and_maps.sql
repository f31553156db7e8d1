SET 'pipeline.name' = 'shop.payments.0123abcd';
SET 'parallelism.default' = '2';
SET 'table.exec.state.ttl' = '93660000 ms';
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

CREATE TEMPORARY FUNCTION `MARK` AS 'millpond.Mark' LANGUAGE JAVA;

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
  'topic' = 'shop.order.v1',
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

CREATE TEMPORARY TABLE `orders.together.v1.lifetime.g1` (
  `customer_id` STRING,
  `country` STRING,
  `level` BIGINT,
  `tile` BIGINT,
  `n` BIGINT,
  `first_ts` BIGINT,
  `last_ts` BIGINT,
  `first_least` STRING,
  `last_greatest` STRING,
  `dearest_greatest` STRING,
  `lightest_least` STRING,
  `net_sum` DECIMAL(20, 2),
  `at_home_count` BIGINT,
  PRIMARY KEY (`customer_id`, `country`, `level`, `tile`) NOT ENFORCED
) WITH (
  'connector' = 'upsert-kafka',
  'topic' = 'millpond.test.orders.together.v1.lifetime.g1',
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
  `AVRO_DECODE`(`value`, '{"type":"record","name":"Order","namespace":"shop","fields":[{"name":"header","type":{"type":"record","name":"Header","namespace":"shop","fields":[{"name":"id","type":"string"},{"name":"sent_at","type":{"type":"long","logicalType":"timestamp-millis"}},{"name":"taken_at","type":{"type":"long","logicalType":"timestamp-micros"}},{"name":"kind","type":{"type":"enum","name":"Kind","namespace":"shop","symbols":["NEW","AGAIN","OTHER"],"default":"OTHER"}}]}},{"name":"case_id","type":"string"},{"name":"customer","type":["null",{"type":"record","name":"Customer","namespace":"shop","fields":[{"name":"id","type":"string"},{"name":"tier","type":["null","shop.Kind"]},{"name":"address","type":["null",{"type":"record","name":"Address","namespace":"shop","fields":[{"name":"country","type":"string"},{"name":"zip","type":["null","string"],"default":null}]}],"default":null},{"name":"balance","type":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}},{"name":"first_seen","type":["null",{"type":"long","logicalType":"timestamp-micros"}],"default":null},{"name":"born","type":["null",{"type":"long","logicalType":"timestamp-millis"}],"default":null}]}],"default":null},{"name":"payer","type":["null","shop.Customer"],"default":null},{"name":"state","type":{"type":"enum","name":"State","namespace":"shop","symbols":["OPEN","DONE"]}},{"name":"attributes","type":{"type":"map","values":"string"}},{"name":"scores","type":{"type":"map","values":["null","double"]}},{"name":"amounts","type":{"type":"map","values":{"type":"bytes","logicalType":"decimal","precision":10,"scale":2}}},{"name":"seen","type":{"type":"map","values":{"type":"long","logicalType":"timestamp-micros"}}},{"name":"parts","type":{"type":"map","values":{"type":"record","name":"Part","namespace":"shop","fields":[{"name":"weight","type":"double"},{"name":"made_in","type":["null","shop.Address"],"default":null}]}}},{"name":"quantity","type":"long","default":1,"aliases":["pieces"]},{"name":"rate","type":"double"}]}', '{"header.id":["header","id"],"header.sent_at":["header","sent_at"],"header.taken_at":["header","taken_at"],"header.kind":["header","kind"],"customer.id":["customer","id"],"customer.tier":["customer","tier"],"customer.address.country":["customer","address","country"],"customer.address.zip":["customer","address","zip"],"customer.balance":["customer","balance"],"customer.first_seen":["customer","first_seen"],"customer.born":["customer","born"],"payer.id":["payer","id"],"payer.balance":["payer","balance"],"payer.born":["payer","born"],"state":["state"],"attributes[\"channel\"]":["attributes","channel"],"attributes[\"it''s \\\"`odd`\\\"\\n.é\"]":["attributes","it''s \"`odd`\"\n.é"],"scores[\"risk\"]":["scores","risk"],"amounts[\"net\"]":["amounts","net"],"seen[\"first\"]":["seen","first"],"parts[\"left\"].weight":["parts","left","weight"],"parts[\"left\"].made_in.country":["parts","left","made_in","country"],"quantity":["quantity"],"rate":["rate"]}', 'http://registry:8080/apis/ccompat/v7', 7) AS `record`
FROM `source`;

CREATE TEMPORARY VIEW `judged` AS
SELECT *, CASE
  WHEN `record`.`reason` IS NOT NULL THEN `record`.`reason`
  WHEN `event_time` IS NULL THEN 'null_event_time'
  WHEN `record`.`event`.`header.id` IS NULL THEN 'null_event_id'
  WHEN `event_time` < 0 OR `event_time` > 253402300799999 THEN 'event_time_out_of_range'
  WHEN `arrival` - `event_time` > 7200000 THEN 'late'
  WHEN `event_time` - `arrival` > 60000 THEN 'future'
END AS `reason`
FROM (SELECT *, `record`.`event`.`header.sent_at` AS `event_time` FROM `decoded`);

CREATE TEMPORARY VIEW `accepted` AS
SELECT
  `now` AS `$now`,
  `record`.`event`.`header.id` AS `header.id`,
  `event_time` AS `header.sent_at`,
  CASE WHEN `record`.`event`.`header.taken_at` < 0 THEN (`record`.`event`.`header.taken_at` + 1) / 1000 - 1 ELSE `record`.`event`.`header.taken_at` / 1000 END AS `header.taken_at`,
  `record`.`event`.`header.kind` AS `header.kind`,
  `record`.`event`.`customer.id` AS `customer.id`,
  `record`.`event`.`customer.tier` AS `customer.tier`,
  `record`.`event`.`customer.address.country` AS `customer.address.country`,
  `record`.`event`.`customer.address.zip` AS `customer.address.zip`,
  `record`.`event`.`customer.balance` AS `customer.balance`,
  CASE WHEN `record`.`event`.`customer.first_seen` < 0 THEN (`record`.`event`.`customer.first_seen` + 1) / 1000 - 1 ELSE `record`.`event`.`customer.first_seen` / 1000 END AS `customer.first_seen`,
  `record`.`event`.`customer.born` AS `customer.born`,
  `record`.`event`.`payer.id` AS `payer.id`,
  `record`.`event`.`payer.balance` AS `payer.balance`,
  `record`.`event`.`payer.born` AS `payer.born`,
  `record`.`event`.`state` AS `state`,
  `record`.`event`.`attributes["channel"]` AS `attributes["channel"]`,
  `record`.`event`.`attributes["it's \"``odd``\"\n.é"]` AS `attributes["it's \"``odd``\"\n.é"]`,
  `record`.`event`.`scores["risk"]` AS `scores["risk"]`,
  `record`.`event`.`amounts["net"]` AS `amounts["net"]`,
  CASE WHEN `record`.`event`.`seen["first"]` < 0 THEN (`record`.`event`.`seen["first"]` + 1) / 1000 - 1 ELSE `record`.`event`.`seen["first"]` / 1000 END AS `seen["first"]`,
  `record`.`event`.`parts["left"].weight` AS `parts["left"].weight`,
  `record`.`event`.`parts["left"].made_in.country` AS `parts["left"].made_in.country`,
  `record`.`event`.`quantity` AS `quantity`,
  `record`.`event`.`rate` AS `rate`
FROM `judged`
WHERE `reason` IS NULL;

CREATE TEMPORARY VIEW `events` AS
SELECT `header.id`, `header.sent_at`, `header.taken_at`, `header.kind`, `customer.id`, `customer.tier`, `customer.address.country`, `customer.address.zip`, `customer.balance`, `customer.first_seen`, `customer.born`, `payer.id`, `payer.balance`, `payer.born`, `state`, `attributes["channel"]`, `attributes["it's \"``odd``\"\n.é"]`, `scores["risk"]`, `amounts["net"]`, `seen["first"]`, `parts["left"].weight`, `parts["left"].made_in.country`, `quantity`, `rate`
FROM (SELECT *, COUNT(*) OVER (PARTITION BY `header.id`, `header.sent_at` ORDER BY `$now` ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS `$copy` FROM `accepted`)
WHERE `$copy` = 1;

EXECUTE STATEMENT SET BEGIN

INSERT INTO `dead_letters`
SELECT `key`, `value`, MAP_UNION(`headers`, MAP[
  'millpond.reason', ENCODE(`reason`, 'UTF-8'),
  'millpond.detail', ENCODE(COALESCE(`record`.`detail`, 'event time ' || COALESCE(CAST(`event_time` AS STRING), 'null') || ', arrival ' || CAST(`arrival` AS STRING)), 'UTF-8'),
  'millpond.topic', ENCODE('shop.order.v1', 'UTF-8'),
  'millpond.partition', ENCODE(CAST(`partition` AS STRING), 'UTF-8'),
  'millpond.offset', ENCODE(CAST(`offset` AS STRING), 'UTF-8')
])
FROM `judged`
WHERE `reason` IS NOT NULL;

INSERT INTO `orders.together.v1.lifetime.g1`
SELECT /*+ STATE_TTL('e' = '180000000 ms') */
  `customer_id`, `country`, `level`, `tile`,
  COUNT(*),
  MIN(`ts`),
  MAX(`ts`),
  MIN(`first_least`),
  MAX(`last_greatest`),
  MAX(`dearest_greatest`),
  MIN(`lightest_least`),
  COALESCE(CAST(SUM(`net_sum`) AS DECIMAL(20, 2)), CAST('0' AS DECIMAL(20, 2))),
  COUNT(`at_home_count`)
FROM (
  SELECT
    `v`.`customer.id` AS `customer_id`,
    `v`.`customer.address.country` AS `country`,
    `l`.`level`,
    `l`.`tile`,
    `v`.`header.sent_at` AS `ts`,
    MARK(2, `v`.`header.sent_at`, `v`.`header.id`, `v`.`header.sent_at`, `v`.`header.taken_at`, `v`.`header.kind`, `v`.`customer.id`, `v`.`customer.tier`, `v`.`customer.address.country`, `v`.`customer.address.zip`, `v`.`customer.balance`, `v`.`customer.first_seen`, `v`.`customer.born`, `v`.`payer.id`, `v`.`payer.balance`, `v`.`payer.born`, `v`.`state`, `v`.`attributes["channel"]`, `v`.`attributes["it's \"``odd``\"\n.é"]`, `v`.`scores["risk"]`, `v`.`amounts["net"]`, `v`.`seen["first"]`, `v`.`parts["left"].weight`, `v`.`parts["left"].made_in.country`, `v`.`quantity`, `v`.`rate`) AS `first_least`,
    MARK(2, `v`.`header.sent_at`, `v`.`header.id`, `v`.`header.sent_at`, `v`.`header.taken_at`, `v`.`header.kind`, `v`.`customer.id`, `v`.`customer.tier`, `v`.`customer.address.country`, `v`.`customer.address.zip`, `v`.`customer.balance`, `v`.`customer.first_seen`, `v`.`customer.born`, `v`.`payer.id`, `v`.`payer.balance`, `v`.`payer.born`, `v`.`state`, `v`.`attributes["channel"]`, `v`.`attributes["it's \"``odd``\"\n.é"]`, `v`.`scores["risk"]`, `v`.`amounts["net"]`, `v`.`seen["first"]`, `v`.`parts["left"].weight`, `v`.`parts["left"].made_in.country`, `v`.`quantity`, `v`.`rate`) AS `last_greatest`,
    MARK(3, `v`.`customer.balance`, `v`.`header.sent_at`, `v`.`header.id`, `v`.`header.sent_at`, `v`.`header.taken_at`, `v`.`header.kind`, `v`.`customer.id`, `v`.`customer.tier`, `v`.`customer.address.country`, `v`.`customer.address.zip`, `v`.`customer.balance`, `v`.`customer.first_seen`, `v`.`customer.born`, `v`.`payer.id`, `v`.`payer.balance`, `v`.`payer.born`, `v`.`state`, `v`.`attributes["channel"]`, `v`.`attributes["it's \"``odd``\"\n.é"]`, `v`.`scores["risk"]`, `v`.`amounts["net"]`, `v`.`seen["first"]`, `v`.`parts["left"].weight`, `v`.`parts["left"].made_in.country`, `v`.`quantity`, `v`.`rate`) AS `dearest_greatest`,
    MARK(3, `v`.`parts["left"].weight`, `v`.`header.sent_at`, `v`.`header.id`, `v`.`header.sent_at`, `v`.`header.taken_at`, `v`.`header.kind`, `v`.`customer.id`, `v`.`customer.tier`, `v`.`customer.address.country`, `v`.`customer.address.zip`, `v`.`customer.balance`, `v`.`customer.first_seen`, `v`.`customer.born`, `v`.`payer.id`, `v`.`payer.balance`, `v`.`payer.born`, `v`.`state`, `v`.`attributes["channel"]`, `v`.`attributes["it's \"``odd``\"\n.é"]`, `v`.`scores["risk"]`, `v`.`amounts["net"]`, `v`.`seen["first"]`, `v`.`parts["left"].weight`, `v`.`parts["left"].made_in.country`, `v`.`quantity`, `v`.`rate`) AS `lightest_least`,
    CASE WHEN ((`v`.`attributes["channel"]` = 'web') AND (NOT (`v`.`customer.tier` IS NULL))) THEN `v`.`amounts["net"]` END AS `net_sum`,
    CASE WHEN (`v`.`customer.address.country` = `v`.`parts["left"].made_in.country`) THEN 1 END AS `at_home_count`
  FROM `events` AS `v`
  CROSS JOIN UNNEST(ARRAY[ROW(CAST(86400000 AS BIGINT), `v`.`header.sent_at` / 86400000)]) AS `l` (`level`, `tile`)
  WHERE `v`.`customer.id` IS NOT NULL AND `v`.`customer.address.country` IS NOT NULL
) AS `e`
GROUP BY `customer_id`, `country`, `level`, `tile`;

END;
