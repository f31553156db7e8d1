-- What a request's vector is, where the request is a sale that its views count, or leave out: written by hand.
--
-- records: partition, offset, arrival, ts, event_id, customer, store, amount; all that was sent and can be read.
-- asked: n, partition, offset, of the sale that is the request; until, after which nothing can be in its vector;
-- counts, itself.
--
-- A customer's sales share a partition, whose order is that of their offsets. What lies before the request is certain:
-- it must be counted. What came behind it, until it was answered, may be counted or not, each for itself: each choice
-- is a case. Where more than six came so there would be too many: there the cases are those in which the first so many
-- are counted, and has_all says that others may be right, too. Everything is of the request's time; age is how long
-- before it a sale was.
--
-- Of a place: v, its value; says, its status; excused, what it may say instead; whole, its value where it is `capped`.

CREATE MACRO tile(ts) AS ts // 15000;
CREATE MACRO minute() AS 60000::BIGINT;
CREATE MACRO hour_ms() AS 3600000::BIGINT;
CREATE MACRO is_accepted(ts, arrival) AS arrival - ts <= 86400000 AND ts - arrival <= 60000;

-- Of a ring only so many tiles are kept: where a later one lies in the place of one that is looked for, that is gone.
CREATE MACRO is_over(tile, first, ends, slots) AS tile >= first + slots AND (tile - first) % slots < ends - first;
CREATE MACRO is_gone(later, q, length, size, slots) AS
    is_over(later // size, (q - length + 1) // size, q // size + 1, slots);

-- Where all tiles take as many bytes, those up to `last` are dropped, and it is only known that there were some.
CREATE MACRO is_dropped(ts, q, length, size, last) AS
    coalesce(ts // size BETWEEN (q - length + 1) // size AND last, false);

CREATE TABLE accepted AS
SELECT *, row_number() OVER (ORDER BY ts, event_id) AS pos
FROM (
    FROM records WHERE is_accepted(ts, arrival)
    QUALIFY row_number() OVER (PARTITION BY event_id, ts ORDER BY arrival, "offset") = 1
);

-- The view `busy` keeps twenty sales a tile: from when on there were more.
CREATE TABLE crowded AS
SELECT customer, tile(ts) AS tile, arrival AS since FROM accepted
QUALIFY row_number() OVER (PARTITION BY customer, tile(ts) ORDER BY "offset") = 21;

CREATE VIEW requests AS
SELECT a.n, a.until, a.counts, a.counts AND NOT is_accepted(r.ts, r.arrival) AS is_never_in, r.*
FROM asked AS a JOIN records AS r USING (partition, "offset");

CREATE VIEW met AS
SELECT
    a.n, e.pos, e."offset", e.store, e.amount,
    a.ts - e.ts AS age,
    e.store = a.store AS is_here,
    tile(e.ts) >= tile(a.ts - minute() + 1) AS is_in_tiles_1m,
    e."offset" <= a."offset" AS is_certain
FROM requests AS a
JOIN accepted AS e
    ON e.customer = a.customer AND e.ts <= a.ts AND e.ts > a.ts - hour_ms()
    AND (e."offset" <= a."offset" OR e.arrival <= a.until)
    AND (a.counts OR e.event_id <> a.event_id OR e.ts <> a.ts);

CREATE MACRO vectors() AS TABLE
WITH
doubtful AS MATERIALIZED (
    SELECT *, row_number() OVER (PARTITION BY n ORDER BY "offset") - 1 AS bit FROM met WHERE NOT is_certain
),
cases AS MATERIALIZED (
    SELECT n, k <= 6 AS has_all, unnest(range(if(k <= 6, 1 << least(k, 6), k + 1))) AS c
    FROM (SELECT n, count(bit)::INTEGER AS k FROM requests LEFT JOIN doubtful USING (n) GROUP BY n)
),
counted AS (
    SELECT c, met.* FROM met JOIN cases USING (n) WHERE is_certain
    UNION ALL
    SELECT c, doubtful.* EXCLUDE (bit) FROM doubtful JOIN cases USING (n)
    WHERE if(has_all, (c >> least(bit, 6)) & 1 = 1, bit < c)
),
summed AS (
    SELECT
        n, c,
        count(*) FILTER (age < minute()) AS visits_1m,
        count(*) AS visits_1h,
        coalesce(sum(amount) FILTER (age < minute()), 0) AS spend_1m,
        coalesce(sum(amount), 0) AS spend_1h,
        max(amount) FILTER (age < minute()) AS dearest_1m,
        max(amount) AS dearest_1h,
        arg_max(store, pos, 3) FILTER (age < minute()) AS stores_1m,
        arg_max(store, pos, 3) AS stores_1h,
        min(age) FILTER (age < minute()) / 1000 AS since_1m,
        min(age) / 1000 AS since_1h,
        count(*) FILTER (is_here) AS here_visits_1h,
        coalesce(sum(amount) FILTER (is_here), 0) AS here_spend_1h,
        count(*) FILTER (is_in_tiles_1m) AS whole_visits_1m,
        coalesce(sum(amount) FILTER (is_in_tiles_1m), 0) AS whole_spend_1m
    FROM counted GROUP BY n, c
),
newest AS (
    SELECT
        a.n,
        max(tile(e.ts)) AS newest,
        max(e.ts // 900000) FILTER (e.store = a.store) AS here_newest
    FROM requests AS a JOIN accepted AS e ON e.customer = a.customer AND e.arrival <= a.until AND e.ts > a.ts + minute()
    GROUP BY a.n
),
gone AS (
    SELECT
        a.n,
        bool_or(is_gone(e.ts, a.ts, minute(), 15000, 247)) AS gone_1m,
        bool_or(is_gone(e.ts, a.ts, hour_ms(), 15000, 247)) AS gone_1h,
        bool_or(is_dropped(e.ts, a.ts, minute(), 15000, newest - 11)) AS busy_gone_1m,
        bool_or(e.store = a.store AND is_dropped(e.ts, a.ts, hour_ms(), 900000, here_newest - 8)) AS here_gone_1h
    FROM requests AS a
    JOIN newest USING (n)
    JOIN accepted AS e ON e.customer = a.customer AND e.arrival <= a.until
    GROUP BY a.n
),
-- Of a full tile it is not known whether a sale is in that came before all that it keeps.
full_1m AS (
    SELECT DISTINCT a.n FROM requests AS a JOIN crowded AS c
        ON c.customer = a.customer AND c.since <= a.until AND c.tile BETWEEN tile(a.ts - minute() + 1) AND tile(a.ts)
),
said AS (
    SELECT
        r.*, s.* EXCLUDE (n, c), c, has_all,
        says_1m: CASE WHEN r.customer IS NULL THEN 'no_key' WHEN is_never_in THEN 'behind'
            WHEN coalesce(visits_1m, 0) = 0 THEN 'empty' ELSE 'present' END,
        says_1h: CASE WHEN r.customer IS NULL THEN 'no_key' WHEN is_never_in THEN 'behind'
            WHEN coalesce(visits_1h, 0) = 0 THEN 'empty' ELSE 'present' END,
        says_here: CASE WHEN r.customer IS NULL THEN 'no_key' WHEN is_never_in THEN 'behind'
            WHEN coalesce(here_visits_1h, 0) = 0 THEN 'empty' ELSE 'present' END,
        gone_1m: CASE WHEN g.gone_1m THEN ['incomplete'] ELSE [] END,
        gone_1h: CASE WHEN g.gone_1h THEN ['incomplete'] ELSE [] END,
        here_gone_1h: CASE WHEN g.here_gone_1h THEN ['incomplete'] ELSE [] END,
        busy_1m: CASE WHEN g.busy_gone_1m THEN ['incomplete'] ELSE [] END
            || CASE WHEN full_1m.n IS NOT NULL THEN ['ahead'] ELSE [] END
            || CASE WHEN tail.since <= until THEN ['capped'] ELSE [] END,
        -- What no_key is of has no value, also where nothing is 0.
        nothing: CASE WHEN r.customer IS NOT NULL THEN 0 END
    FROM requests AS r
    JOIN cases USING (n)
    LEFT JOIN summed AS s USING (n, c)
    LEFT JOIN gone AS g USING (n)
    LEFT JOIN full_1m ON full_1m.n = r.n
    LEFT JOIN crowded AS tail ON tail.customer = r.customer AND tail.tile = tile(r.ts - minute() + 1)
)
SELECT
    n, ts AS as_of, is_never_in, has_all,
    buyer__visits_1m: {v: coalesce(visits_1m, nothing), says: says_1m, excused: gone_1m},
    buyer__visits_1h: {v: coalesce(visits_1h, nothing), says: says_1h, excused: gone_1h},
    buyer__spend_1m: {v: coalesce(spend_1m, nothing), says: says_1m, excused: gone_1m},
    buyer__spend_1h: {v: coalesce(spend_1h, nothing), says: says_1h, excused: gone_1h},
    buyer__dearest_1m: {v: dearest_1m, says: says_1m, excused: gone_1m},
    buyer__dearest_1h: {v: dearest_1h, says: says_1h, excused: gone_1h},
    buyer__stores_1m: {v: stores_1m, says: says_1m, excused: gone_1m},
    buyer__stores_1h: {v: stores_1h, says: says_1h, excused: gone_1h},
    buyer__since_1m: {v: since_1m, says: says_1m, excused: gone_1m},
    buyer__since_1h: {v: since_1h, says: says_1h, excused: gone_1h},
    at__visits_1h: {v: coalesce(here_visits_1h, nothing), says: says_here, excused: here_gone_1h},
    at__spend_1h: {v: coalesce(here_spend_1h, nothing), says: says_here, excused: here_gone_1h},
    busy__visits_1m:
        {v: coalesce(visits_1m, nothing), says: says_1m, excused: busy_1m, whole: coalesce(whole_visits_1m, nothing)},
    busy__spend_1m:
        {v: coalesce(spend_1m, nothing), says: says_1m, excused: busy_1m, whole: coalesce(whole_spend_1m, nothing)},
    share: {v: amount::DOUBLE / nullif(spend_1h::DOUBLE, 0), says: says_1h, excused: gone_1h}
FROM said
ORDER BY n, c;
