-- What the features of a transfer, and those of a document, are: written by hand, for any number of requests at once.
--
-- A request is an event, asked about when everything that had arrived by `cutoff` was known. Everything is of its time q.
-- It may count itself or be left out. `transfers`, `cards`, … hold an event once, if it was accepted, with `known`: when
-- its first copy arrived. `age` is how long before q an event was; of later ones it is negative.
--
-- How a status is written: its rank from good to bad.
--     0 present  1 empty  2 no_key  5 ahead  6 behind  7 incomplete

CREATE MACRO day() AS 86400000::BIGINT;
CREATE MACRO hour_ms() AS 3600000::BIGINT;

-- The last `length` ms, the present one included; and those of it that ended `delay` ms ago.
CREATE MACRO within(age, length) AS age >= 0 AND age < length;
CREATE MACRO within_delayed(age, delay, length) AS age >= delay AND age < delay + length;

-- The same where a window's tail, and the head of a delayed one, are rounded down to tiles.
CREATE MACRO floor_to(t, size) AS t - t % size;
CREATE MACRO within_tiles(ts, q, length, size) AS ts <= q AND ts >= floor_to(q - length + 1, size);
CREATE MACRO within_tiles_delayed(ts, q, delay, length, size) AS
    ts < floor_to(q - delay + 1, size) AND ts >= floor_to(q - delay - length + 1, size);

-- Of a level only the latest `slots` tiles are kept: a later event may stand where the window looks.
CREATE MACRO in_its_place(ts, first, ends, size, slots) AS
    ts // size >= ends AND (ts // size - first) % slots < ends - first;
CREATE MACRO overwritten(ts, q, length, size, slots) AS
    in_its_place(ts, (q - length + 1) // size, q // size + 1, size, slots);
CREATE MACRO overwritten_delayed(ts, q, delay, length, size, slots) AS
    in_its_place(ts, (q - delay - length + 1) // size, (q - delay) // size + 1, size, slots);

-- Where all tiles take as many bytes, those that the ring does not span with the newest one are dropped, and it is only
-- known before which tile: a window that begins before it may lack some.
CREATE MACRO is_dropped(ts, first, size, slots) AS coalesce(list_max(
    list_filter(list(ts // size), lambda tile: tile <= list_max(list(ts // size)) - slots)
) >= any_value(first), false);
CREATE MACRO dropped(ts, q, length, size, slots) AS is_dropped(ts, (q - length + 1) // size, size, slots);

-- Of tiles without events nobody knows which part of the present one is before q.
CREATE MACRO is_later(ts, q, size) AS ts > q AND ts // size = q // size;

CREATE MACRO says(seen, is_behind, is_overwritten) AS
    CASE WHEN is_overwritten THEN 7 WHEN is_behind THEN 6 WHEN seen = 0 THEN 1 ELSE 0 END;
CREATE MACRO says_of_tiles(seen, is_ahead, is_overwritten) AS
    CASE WHEN is_overwritten THEN 7 WHEN is_ahead THEN 5 WHEN seen = 0 THEN 1 ELSE 0 END;

CREATE MACRO kilometres(lat1, lon1, lat2, lon2) AS 2 * 6371.0088 * asin(sqrt(
    pow(sin(radians(lat2 - lat1) / 2), 2) + cos(radians(lat1)) * cos(radians(lat2)) * pow(sin(radians(lon2 - lon1) / 2), 2)
));

-- --- views ----------------------------------------------------------------------------------------------------------
-- Each is given the name of a table with a row a request: n, q, cutoff, counts (itself), own (its id), is_own (whether
-- it is an event of the entity), is_behind (it is to count, and had not arrived), and the entity's key.

CREATE MACRO account_out(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*, a.q - e.ts AS age
    FROM query_table(asked) AS a
    JOIN transfers AS e ON e.sender_id = a.account_id AND e.known <= a.cutoff AND (a.counts OR e.event_id <> a.own)
)
SELECT
    n,
    count(*) FILTER (within(age, 600000)) AS attempts_10m,
    count(*) FILTER (within(age, hour_ms())) AS attempts_1h,
    count(*) FILTER (within(age, day())) AS attempts_24h,
    count(*) FILTER (within(age, day()) AND status = 'FAILED') AS failures_24h,
    count(*) FILTER (within(age, day()) AND amount = floor(amount / 100) * 100) AS round_amounts_24h,
    count(*) FILTER (within(age, 7 * day()) AND amount >= 9000 AND amount < 10000) AS just_below_threshold_7d,
    count(*) FILTER (
        within(age, 7 * day()) AND hour(timezone(sender_zone, make_timestamptz(ts * 1000))) < 6
    ) AS at_night_7d,
    min(age) FILTER (within(age, 30 * day())) / 1000 AS since_last_30d,
    max(age) FILTER (age >= 0) / 1000 AS since_first_lifetime,
    coalesce(sum(amount) FILTER (within(age, day()) AND status = 'COMPLETED'), 0) AS volume_24h,
    coalesce(sum(amount) FILTER (within(age, 7 * day()) AND status = 'COMPLETED'), 0) AS volume_7d,
    coalesce(sum(amount) FILTER (within(age, 30 * day()) AND status = 'COMPLETED'), 0) AS volume_30d,
    max(amount) FILTER (within(age, 30 * day()) AND status = 'COMPLETED') AS largest_30d,
    avg(amount) FILTER (within(age, 90 * day()) AND status = 'COMPLETED') AS mean_90d,
    stddev_samp(amount) FILTER (within(age, 90 * day()) AND status = 'COMPLETED') AS std_90d,
    list(amount ORDER BY ts DESC, event_id DESC) FILTER (within(age, 30 * day())) AS last_amounts_30d,
    count(DISTINCT currency) FILTER (within(age, 7 * day())) AS currencies_7d,
    count(DISTINCT recipient_id) FILTER (within(age, 7 * day())) AS recipients_7d,
    count(DISTINCT recipient_id) FILTER (within(age, day()))
        - len(list_intersect(
            coalesce(list(DISTINCT recipient_id) FILTER (within(age, day())), []),
            coalesce(list(DISTINCT recipient_id) FILTER (age >= day() AND age <= 90 * day()), [])
        )) AS new_recipients_24h,
    count(*) FILTER (
        within(age, 30 * day()) AND recipient_country IN ('AE', 'NG') AND recipient_country <> sender_country
    ) AS into_high_risk_30d,
    count(DISTINCT device_id) FILTER (within(age, 30 * day())) AS devices_30d,
    count(DISTINCT card_id) FILTER (within(age, day())) AS funding_cards_24h,
    count(DISTINCT card_country) FILTER (within(age, day())) AS card_countries_24h,
    count(*) FILTER (within(age, day()) AND ip_country <> sender_country) AS from_abroad_24h,
    count(DISTINCT ip_country) FILTER (within(age, day())) AS ip_countries_24h,
    list({ts: ts, lat: lat, lon: lon} ORDER BY ts DESC, event_id DESC)
        FILTER (within(age, 7 * day()) AND lat IS NOT NULL AND lon IS NOT NULL) AS places_7d,
    count(*) FILTER (within(age, 600000)) AS seen_10m,
    count(*) FILTER (within(age, hour_ms())) AS seen_1h,
    count(*) FILTER (within(age, day())) AS seen_24h,
    count(*) FILTER (within(age, 7 * day())) AS seen_7d,
    count(*) FILTER (within(age, 30 * day())) AS seen_30d,
    count(*) FILTER (within(age, 90 * day())) AS seen_90d,
    count(*) FILTER (within(age, 90 * day() + 1)) AS seen_remembered,
    count(*) FILTER (age >= 0) AS seen_lifetime,
    bool_or(overwritten(ts, q, day(), day(), 11)) AS lost_24h,
    bool_or(overwritten(ts, q, 7 * day(), day(), 11)) AS lost_7d,
    bool_or(overwritten(ts, q, 30 * day(), day(), 95)) AS lost_30d,
    bool_or(overwritten(ts, q, 90 * day(), day(), 95)) AS lost_90d,
    bool_or(overwritten(ts, q, 90 * day() + 1, day(), 95)) AS lost_remembered
FROM met GROUP BY n;

CREATE MACRO account_in(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*, a.q - e.ts AS age
    FROM query_table(asked) AS a
    JOIN transfers AS e ON e.recipient_id = a.account_id AND e.known <= a.cutoff AND (a.counts OR e.event_id <> a.own)
)
SELECT
    n,
    count(DISTINCT sender_id) FILTER (within(age, day())) AS senders_24h,
    count(DISTINCT sender_id) FILTER (within(age, 7 * day())) AS senders_7d,
    coalesce(sum(amount) FILTER (within(age, day()) AND status = 'COMPLETED'), 0) AS inflow_24h,
    count(*) FILTER (within_delayed(age, 7 * day(), 30 * day())) AS transfers_30d_delayed_7d,
    count(*) FILTER (within(age, day())) AS seen_24h,
    count(*) FILTER (within(age, 7 * day())) AS seen_7d,
    count(*) FILTER (within_delayed(age, 7 * day(), 30 * day())) AS seen_30d_delayed_7d,
    bool_or(overwritten(ts, q, day(), day(), 41)) AS lost_24h,
    bool_or(overwritten(ts, q, 7 * day(), day(), 41)) AS lost_7d,
    bool_or(overwritten_delayed(ts, q, 7 * day(), 30 * day(), day(), 41)) AS lost_30d_delayed_7d
FROM met GROUP BY n;

CREATE MACRO pair(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*, a.q - e.ts AS age
    FROM query_table(asked) AS a
    JOIN transfers AS e
        ON e.sender_id = a.sender_id AND e.recipient_id = a.recipient_id
        AND e.known <= a.cutoff AND (a.counts OR e.event_id <> a.own)
)
SELECT
    n,
    count(*) FILTER (age >= 0) AS transfers_lifetime,
    max(age) FILTER (age >= 0) / 1000 AS since_first_lifetime,
    coalesce(sum(amount) FILTER (within(age, 30 * day()) AND status = 'COMPLETED'), 0) AS volume_30d,
    count(*) FILTER (age >= 0) AS seen_lifetime,
    count(*) FILTER (within(age, 30 * day())) AS seen_30d
FROM met GROUP BY n;

CREATE MACRO device(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*, a.q - e.ts AS age
    FROM query_table(asked) AS a
    JOIN transfers AS e ON e.device_id = a.device_id AND e.known <= a.cutoff AND (a.counts OR e.event_id <> a.own)
)
SELECT
    n,
    count(DISTINCT sender_id) FILTER (within(age, 7 * day())) AS accounts_7d,
    max(age) FILTER (age >= 0) / 1000 AS since_first_lifetime,
    count(*) FILTER (within(age, 7 * day())) AS seen_7d,
    count(*) FILTER (age >= 0) AS seen_lifetime
FROM met GROUP BY n;

CREATE MACRO ip(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*, a.q - e.ts AS age
    FROM query_table(asked) AS a
    JOIN transfers AS e ON e.ip = a.ip AND e.known <= a.cutoff AND (a.counts OR e.event_id <> a.own)
)
SELECT
    n,
    count(DISTINCT sender_id) FILTER (within(age, hour_ms())) AS accounts_1h,
    count(*) FILTER (within(age, hour_ms())) AS seen_1h,
    bool_or(overwritten(ts, q, hour_ms(), hour_ms(), 5)) AS lost_1h
FROM met GROUP BY n;

CREATE MACRO card(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*, a.q - e.ts AS age
    FROM query_table(asked) AS a
    JOIN cards AS e ON e.card_id = a.card_id AND e.known <= a.cutoff
)
SELECT
    n,
    count(*) FILTER (within_tiles(ts, q, hour_ms(), 60000)) AS attempts_1h,
    count(*) FILTER (within_tiles(ts, q, day(), hour_ms())) AS attempts_24h,
    count(*) FILTER (within_tiles(ts, q, hour_ms(), 60000) AND NOT approved) AS declined_1h,
    count(*) FILTER (within_tiles(ts, q, day(), hour_ms()) AND NOT approved) AS declined_24h,
    count(DISTINCT country) FILTER (within(age, day())) AS countries_24h,
    count(*) FILTER (within_tiles(ts, q, hour_ms(), 60000)) AS seen_1h,
    count(*) FILTER (within_tiles(ts, q, day(), hour_ms())) AS seen_24h,
    bool_or(is_later(ts, q, 60000)) AS ahead_1h,
    bool_or(is_later(ts, q, hour_ms())) AS ahead_24h,
    bool_or(overwritten(ts, q, hour_ms(), 60000, 64)) AS lost_1h,
    bool_or(overwritten(ts, q, day(), hour_ms(), 28)) AS lost_24h
FROM met GROUP BY n;

CREATE MACRO reported(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*
    FROM query_table(asked) AS a
    JOIN reports AS e ON e.recipient_id = a.account_id AND e.known <= a.cutoff
)
SELECT
    n,
    count(*) FILTER (within_tiles(ts, q, 30 * day(), day()) AND is_fraud) AS frauds_30d,
    count(*) FILTER (within_tiles_delayed(ts, q, 7 * day(), 30 * day(), day()) AND is_fraud) AS frauds_30d_delayed_7d,
    count(*) FILTER (within_tiles(ts, q, 30 * day(), day())) AS seen_30d,
    count(*) FILTER (within_tiles_delayed(ts, q, 7 * day(), 30 * day(), day())) AS seen_30d_delayed_7d,
    bool_or(is_later(ts, q, day())) AS ahead_30d,
    dropped(ts, q, 30 * day(), day(), 41) AS lost_30d,
    dropped(ts, q, 37 * day(), day(), 41) AS lost_30d_delayed_7d
FROM met GROUP BY n;

CREATE MACRO profile(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*
    FROM query_table(asked) AS a
    JOIN profiles AS e ON e.account_id = a.account_id AND e.known <= a.cutoff
)
SELECT
    n,
    count(*) FILTER (within_tiles(ts, q, day(), hour_ms())) AS changes_24h,
    count(*) FILTER (within_tiles(ts, q, day(), hour_ms()) AND field IN ('PASSWORD', 'DEVICE')) AS credentials_24h,
    count(*) FILTER (within_tiles(ts, q, day(), hour_ms())) AS seen_24h,
    bool_or(is_later(ts, q, hour_ms())) AS ahead_24h,
    dropped(ts, q, day(), hour_ms(), 28) AS lost_24h
FROM met GROUP BY n;

CREATE MACRO document(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*, a.q - e.ts AS age
    FROM query_table(asked) AS a
    JOIN documents AS e
        ON e.document_hash = a.document_hash AND e.known <= a.cutoff AND (a.counts OR e.event_id <> a.own)
)
SELECT
    n,
    count(*) FILTER (within(age, day()) AND result = 'REJECTED') AS rejected_24h,
    count(DISTINCT account_id) FILTER (within(age, 30 * day())) AS accounts_30d,
    count(*) FILTER (within(age, day())) AS seen_24h,
    count(*) FILTER (within(age, 30 * day())) AS seen_30d,
    bool_or(overwritten(ts, q, day(), hour_ms(), 28)) AS lost_24h,
    bool_or(overwritten(ts, q, 30 * day(), day(), 34)) AS lost_30d
FROM met GROUP BY n;

CREATE MACRO document_device(asked) AS TABLE
WITH met AS (
    SELECT a.n, a.q, e.*, a.q - e.ts AS age
    FROM query_table(asked) AS a
    JOIN documents AS e ON e.device_id = a.device_id AND e.known <= a.cutoff AND (a.counts OR e.event_id <> a.own)
)
SELECT
    n,
    count(*) FILTER (within(age, day()) AND result = 'REJECTED') AS rejected_24h,
    count(*) FILTER (within(age, day())) AS seen_24h
FROM met GROUP BY n;

-- What is dropped of views whose events are told apart: an event that is left out is in a tile all the same.
CREATE MACRO account_pace_dropped(asked) AS TABLE
SELECT
    a.n,
    dropped(e.ts, a.q, 600000, 300000, 16) AS lost_10m,
    dropped(e.ts, a.q, hour_ms(), 300000, 16) AS lost_1h
FROM query_table(asked) AS a
JOIN transfers AS e ON e.sender_id = a.account_id AND e.known <= a.cutoff
GROUP BY a.n;

CREATE MACRO document_device_dropped(asked) AS TABLE
SELECT a.n, dropped(e.ts, a.q, day(), hour_ms(), 28) AS lost_24h
FROM query_table(asked) AS a
JOIN documents AS e ON e.device_id = a.device_id AND e.known <= a.cutoff
GROUP BY a.n;

-- --- requests -------------------------------------------------------------------------------------------------------
-- asked: n, event_id, cutoff, counts.

CREATE MACRO transfers_asked() AS TABLE
SELECT a.n, a.cutoff, a.counts, r.*, r.event_id AS own, r.ts AS q, a.counts AND coalesce(e.known > a.cutoff, true) AS is_behind
FROM asked AS a JOIN requested_transfers AS r USING (event_id) LEFT JOIN transfers AS e USING (event_id);

CREATE MACRO documents_asked() AS TABLE
SELECT a.n, a.cutoff, a.counts, r.*, r.event_id AS own, r.ts AS q, a.counts AND coalesce(e.known > a.cutoff, true) AS is_behind
FROM asked AS a JOIN requested_documents AS r USING (event_id) LEFT JOIN documents AS e USING (event_id);

-- The requests again, with a key called as the view that is asked calls it.
CREATE VIEW transfer AS FROM transfers_asked();
CREATE VIEW by_sender AS SELECT *, sender_id AS account_id FROM transfers_asked();
CREATE VIEW by_recipient AS SELECT *, recipient_id AS account_id FROM transfers_asked();
CREATE VIEW shown AS FROM documents_asked();

-- What became of each view, of every request: a row even where there is nothing.
CREATE MACRO transfers_vectors() AS TABLE
WITH
sender AS (FROM account_out('by_sender')),
paced AS (FROM account_pace_dropped('by_sender')),
onward AS (FROM account_out('by_recipient')),
recipient AS (FROM account_in('by_recipient')),
pairs AS (FROM pair('transfer')),
devices AS (FROM device('transfer')),
ips AS (FROM ip('transfer')),
cards_met AS (FROM card('transfer')),
photographed AS (FROM document_device('transfer')),
photographed_dropped AS (FROM document_device_dropped('transfer')),
holder AS (FROM profile('by_sender')),
reports_met AS (FROM reported('by_recipient')),
met AS (
    SELECT
        r.*,
        sender: s, onward: o, recipient: i, pair: p, device: d, ip_met: ips, card: c, documents: f, holder: h, reports: m,
        pace: w, documents_dropped: g,
        -- Where the transfer itself is among the last places, the place before is the second.
        before: s.places_7d[CASE WHEN r.counts THEN 2 ELSE 1 END],
        -- Whose windows the transfer itself belongs to: its recipient has not sent it, but for one that pays itself.
        onward_is_behind: r.is_behind AND r.sender_id = r.recipient_id
    FROM transfers_asked() AS r
    LEFT JOIN sender AS s USING (n)
    LEFT JOIN onward AS o USING (n)
    LEFT JOIN recipient AS i USING (n)
    LEFT JOIN pairs AS p USING (n)
    LEFT JOIN devices AS d USING (n)
    LEFT JOIN ips USING (n)
    LEFT JOIN cards_met AS c USING (n)
    LEFT JOIN photographed AS f USING (n)
    LEFT JOIN paced AS w USING (n)
    LEFT JOIN photographed_dropped AS g USING (n)
    LEFT JOIN holder AS h USING (n)
    LEFT JOIN reports_met AS m USING (n)
),
said AS (
    SELECT
        *,
        sender_10m: says(coalesce(sender.seen_10m, 0), is_behind, coalesce(pace.lost_10m, false)),
        sender_1h: says(coalesce(sender.seen_1h, 0), is_behind, coalesce(pace.lost_1h, false)),
        sender_24h: says(coalesce(sender.seen_24h, 0), is_behind, coalesce(sender.lost_24h, false)),
        sender_7d: says(coalesce(sender.seen_7d, 0), is_behind, coalesce(sender.lost_7d, false)),
        sender_30d: says(coalesce(sender.seen_30d, 0), is_behind, coalesce(sender.lost_30d, false)),
        sender_90d: says(coalesce(sender.seen_90d, 0), is_behind, coalesce(sender.lost_90d, false)),
        sender_remembered: says(coalesce(sender.seen_remembered, 0), is_behind, coalesce(sender.lost_remembered, false)),
        sender_lifetime: says(coalesce(sender.seen_lifetime, 0), is_behind, false),
        onward_24h: says(coalesce(onward.seen_24h, 0), onward_is_behind, coalesce(onward.lost_24h, false)),
        recipient_24h: says(coalesce(recipient.seen_24h, 0), is_behind, coalesce(recipient.lost_24h, false)),
        recipient_7d: says(coalesce(recipient.seen_7d, 0), is_behind, coalesce(recipient.lost_7d, false)),
        recipient_delayed: says(coalesce(recipient.seen_30d_delayed_7d, 0), false, coalesce(recipient.lost_30d_delayed_7d, false)),
        pair_30d: says(coalesce(pair.seen_30d, 0), is_behind, false),  -- from the tiles of its lifetime: none is lost
        pair_lifetime: says(coalesce(pair.seen_lifetime, 0), is_behind, false),
        device_7d: says(coalesce(device.seen_7d, 0), is_behind, false),
        device_lifetime: says(coalesce(device.seen_lifetime, 0), is_behind, false),
        ip_1h: says(coalesce(ip_met.seen_1h, 0), is_behind, coalesce(ip_met.lost_1h, false)),
        card_1h: CASE WHEN card_id IS NULL THEN 2 ELSE
            says_of_tiles(coalesce(card.seen_1h, 0), coalesce(card.ahead_1h, false), coalesce(card.lost_1h, false)) END,
        card_24h: CASE WHEN card_id IS NULL THEN 2 ELSE
            says_of_tiles(coalesce(card.seen_24h, 0), coalesce(card.ahead_24h, false), coalesce(card.lost_24h, false)) END,
        documents_24h: says(coalesce(documents.seen_24h, 0), false, coalesce(documents_dropped.lost_24h, false)),
        holder_24h: says_of_tiles(coalesce(holder.seen_24h, 0), coalesce(holder.ahead_24h, false), coalesce(holder.lost_24h, false)),
        reports_30d: says_of_tiles(coalesce(reports.seen_30d, 0), coalesce(reports.ahead_30d, false), coalesce(reports.lost_30d, false)),
        reports_delayed: says_of_tiles(coalesce(reports.seen_30d_delayed_7d, 0), false, coalesce(reports.lost_30d_delayed_7d, false))
    FROM met
)
SELECT
    n,
    "pace.attempts_10m": {v: coalesce(sender.attempts_10m, 0), rank: sender_10m},
    "pace.attempts_1h": {v: coalesce(sender.attempts_1h, 0), rank: sender_1h},
    "sender.attempts_24h": {v: coalesce(sender.attempts_24h, 0), rank: sender_24h},
    "sender.volume_24h": {v: coalesce(sender.volume_24h, 0), rank: sender_24h},
    "sender.volume_7d": {v: coalesce(sender.volume_7d, 0), rank: sender_7d},
    "habits.volume_30d": {v: coalesce(sender.volume_30d, 0), rank: sender_30d},
    over_largest: {v: amount::DOUBLE / nullif(sender.largest_30d, 0), rank: sender_30d},
    over_daily_mean: {
        v: sender.volume_24h::DOUBLE / nullif(sender.volume_30d::DOUBLE / 30, 0), rank: greatest(sender_24h, sender_30d)
    },
    amount_z: {v: (amount::DOUBLE - sender.mean_90d) / nullif(sender.std_90d, 0), rank: sender_90d},
    last_amount_1: {v: sender.last_amounts_30d[1], rank: sender_30d},
    last_amount_2: {v: sender.last_amounts_30d[2], rank: sender_30d},
    last_amount_3: {v: sender.last_amounts_30d[3], rank: sender_30d},
    last_amount_4: {v: sender.last_amounts_30d[4], rank: sender_30d},
    last_amount_5: {v: sender.last_amounts_30d[5], rank: sender_30d},
    failed_share: {v: sender.failures_24h::DOUBLE / nullif(sender.attempts_24h, 0), rank: sender_24h},
    "habits.since_last_30d": {v: sender.since_last_30d, rank: sender_30d},
    days_since_first: {v: sender.since_first_lifetime / 86400, rank: sender_lifetime},
    "sender.round_amounts_24h": {v: coalesce(sender.round_amounts_24h, 0), rank: sender_24h},
    "sender.just_below_threshold_7d": {v: coalesce(sender.just_below_threshold_7d, 0), rank: sender_7d},
    "sender.currencies_7d": {v: coalesce(sender.currencies_7d, 0), rank: sender_7d},
    "sender.at_night_7d": {v: coalesce(sender.at_night_7d, 0), rank: sender_7d},
    "sender.recipients_7d": {v: coalesce(sender.recipients_7d, 0), rank: sender_7d},
    "habits.new_recipients_24h": {v: coalesce(sender.new_recipients_24h, 0), rank: sender_remembered},
    "habits.into_high_risk_30d": {v: coalesce(sender.into_high_risk_30d, 0), rank: sender_30d},
    "habits.devices_30d": {v: coalesce(sender.devices_30d, 0), rank: sender_30d},
    "sender.funding_cards_24h": {v: coalesce(sender.funding_cards_24h, 0), rank: sender_24h},
    "sender.card_countries_24h": {v: coalesce(sender.card_countries_24h, 0), rank: sender_24h},
    "sender.from_abroad_24h": {v: coalesce(sender.from_abroad_24h, 0), rank: sender_24h},
    "sender.ip_countries_24h": {v: coalesce(sender.ip_countries_24h, 0), rank: sender_24h},
    "device.accounts_7d": {v: coalesce(device.accounts_7d, 0), rank: device_7d},
    "device.since_first_lifetime": {v: device.since_first_lifetime, rank: device_lifetime},
    "ip.accounts_1h": {v: coalesce(ip_met.accounts_1h, 0), rank: ip_1h},
    "document_device.rejected_24h": {v: coalesce(documents.rejected_24h, 0), rank: documents_24h},
    "holder.changes_24h": {v: coalesce(holder.changes_24h, 0), rank: holder_24h},
    "holder.credentials_24h": {v: coalesce(holder.credentials_24h, 0), rank: holder_24h},
    "pair.transfers_lifetime": {v: coalesce(pair.transfers_lifetime, 0), rank: pair_lifetime},
    "pair.since_first_lifetime": {v: pair.since_first_lifetime, rank: pair_lifetime},
    "pair.volume_30d": {v: coalesce(pair.volume_30d, 0), rank: pair_30d},
    "recipient.senders_24h": {v: coalesce(recipient.senders_24h, 0), rank: recipient_24h},
    "recipient.senders_7d": {v: coalesce(recipient.senders_7d, 0), rank: recipient_7d},
    "recipient.inflow_24h": {v: coalesce(recipient.inflow_24h, 0), rank: recipient_24h},
    "recipient.transfers_30d_delayed_7d": {v: coalesce(recipient.transfers_30d_delayed_7d, 0), rank: recipient_delayed},
    "reports.frauds_30d_delayed_7d": {v: coalesce(reports.frauds_30d_delayed_7d, 0), rank: reports_delayed},
    recipient_share: {
        v: coalesce(pair.volume_30d, 0)::DOUBLE / nullif(sender.volume_30d, 0), rank: greatest(pair_30d, sender_30d)
    },
    out_over_in: {
        v: coalesce(onward.volume_24h, 0)::DOUBLE / nullif(recipient.inflow_24h, 0), rank: greatest(onward_24h, recipient_24h)
    },
    fraud_rate: {
        v: coalesce(reports.frauds_30d_delayed_7d, 0)::DOUBLE / nullif(recipient.transfers_30d_delayed_7d, 0),
        rank: greatest(reports_delayed, recipient_delayed)
    },
    speed_kmh: {
        v: kilometres(lat, lon, before.lat, before.lon) / nullif((q // 1000 - before.ts // 1000) / 3600, 0),
        rank: sender_7d
    },
    -- And of a vector that counts the transfer itself:
    "reports.frauds_30d": {v: coalesce(reports.frauds_30d, 0), rank: reports_30d},
    "card.attempts_1h": {v: CASE WHEN card_id IS NOT NULL THEN coalesce(card.attempts_1h, 0) END, rank: card_1h},
    "card.attempts_24h": {v: CASE WHEN card_id IS NOT NULL THEN coalesce(card.attempts_24h, 0) END, rank: card_24h},
    "card.declined_1h": {v: CASE WHEN card_id IS NOT NULL THEN coalesce(card.declined_1h, 0) END, rank: card_1h},
    "card.declined_24h": {v: CASE WHEN card_id IS NOT NULL THEN coalesce(card.declined_24h, 0) END, rank: card_24h},
    "card.countries_24h": {v: CASE WHEN card_id IS NOT NULL THEN coalesce(card.countries_24h, 0) END, rank: card_24h}
FROM said;

CREATE MACRO documents_vectors() AS TABLE
WITH
met AS (
    SELECT r.*, document: d, device: f, device_dropped: g, holder: h
    FROM documents_asked() AS r
    LEFT JOIN (FROM document('shown')) AS d USING (n)
    LEFT JOIN (FROM document_device('shown')) AS f USING (n)
    LEFT JOIN (FROM document_device_dropped('shown')) AS g USING (n)
    LEFT JOIN (FROM profile('shown')) AS h USING (n)
),
said AS (
    SELECT
        *,
        document_24h: says(coalesce(document.seen_24h, 0), is_behind, coalesce(document.lost_24h, false)),
        document_30d: says(coalesce(document.seen_30d, 0), is_behind, coalesce(document.lost_30d, false)),
        device_24h: says(coalesce(device.seen_24h, 0), is_behind, coalesce(device_dropped.lost_24h, false)),
        holder_24h: says_of_tiles(coalesce(holder.seen_24h, 0), coalesce(holder.ahead_24h, false), coalesce(holder.lost_24h, false))
    FROM met
)
SELECT
    n,
    "document.rejected_24h": {v: coalesce(document.rejected_24h, 0), rank: document_24h},
    "document.accounts_30d": {v: coalesce(document.accounts_30d, 0), rank: document_30d},
    "document_device.rejected_24h": {v: coalesce(device.rejected_24h, 0), rank: device_24h},
    "profile.changes_24h": {v: coalesce(holder.changes_24h, 0), rank: holder_24h},
    "profile.credentials_24h": {v: coalesce(holder.credentials_24h, 0), rank: holder_24h}
FROM said;
