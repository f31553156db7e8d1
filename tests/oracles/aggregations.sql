-- Every aggregation, written by hand, for any number of entities and instants at once.
--
-- A macro is given the name of a view with one row an event in the window of one of the asked:
--     ask           number of the asked: an entity and an instant
--     q, lo         the instant, and the window's first, ms
--     ts, id        of the event
--     x             the first of the fields
--     fields        all fields of the event, a struct
--     told          whether any of them is not null
--     settled       {ts, id, fields}, each field behind whether it is there: what ties are settled by
--     y             what arg_min and arg_max order by
--     u             x as a whole number: 9.99 of decimal(10,2) is 999; null where x is no exact number
-- A macro yields a row (ask, …) for the asked of which there is anything, none for the others.
--
-- What was found out by running DuckDB 2.0.0:
--   * // and % truncate towards zero (-7 // 2 = -3), so floors are made by hand below;
--   * sum(DECIMAL(38,s)) and sum(HUGEINT) are held in 128 bits and raise beyond ("Overflow in HUGEINT addition"), and
--     HUGEINT * HUGEINT raises too. BIGNUM + and sum(BIGNUM) are exact without bounds, but BIGNUM * BIGNUM becomes a
--     DOUBLE without a word. Hence: products in HUGEINT, of numbers too small to raise, and sums in BIGNUM;
--   * var_samp, skewness and kurtosis are computed in doubles, the last two from raw powers: not used;
--   * VARCHAR compares, sorts and groups by bytes, NUL and all planes of Unicode included;
--   * GROUP BY puts -0.0 and 0.0 together and keeps whichever came first: the view says 0.0 for both;
--   * a null inside a struct sorts behind every value, also where NULLS FIRST is said: hence `settled`.

CREATE MACRO floor_to(t, size) AS t - ((t % size) + size) % size;
CREATE MACRO tail(q, delay, length, size) AS floor_to(q - delay - length + 1, size);
CREATE MACRO head(q, delay, size) AS CASE WHEN delay = 0 THEN q + 1 ELSE floor_to(q - delay + 1, size) END;

CREATE MACRO agg_count(picked) AS TABLE SELECT ask, count(*) AS answer FROM query_table(picked) GROUP BY ask;

CREATE MACRO agg_count_values(picked) AS TABLE SELECT ask, count(x) AS answer FROM query_table(picked) GROUP BY ask;

CREATE MACRO agg_min(picked) AS TABLE SELECT ask, min(x) AS answer FROM query_table(picked) GROUP BY ask;

CREATE MACRO agg_max(picked) AS TABLE SELECT ask, max(x) AS answer FROM query_table(picked) GROUP BY ask;

-- Events in time: min and max of structs go by their parts from the left.

CREATE MACRO agg_first(picked) AS TABLE
SELECT ask, arg_min(fields, settled) AS answer FROM query_table(picked) WHERE told GROUP BY ask;

CREATE MACRO agg_last(picked) AS TABLE
SELECT ask, arg_max(fields, settled) AS answer FROM query_table(picked) WHERE told GROUP BY ask;

CREATE MACRO agg_arg_min(picked) AS TABLE
SELECT ask, arg_min(fields, {y: y, settled: settled}) AS answer
FROM query_table(picked) WHERE told AND y IS NOT NULL GROUP BY ask;

CREATE MACRO agg_arg_max(picked) AS TABLE
SELECT ask, arg_max(fields, {y: y, settled: settled}) AS answer
FROM query_table(picked) WHERE told AND y IS NOT NULL GROUP BY ask;

CREATE MACRO agg_first_k(picked, k) AS TABLE
SELECT ask, list(x ORDER BY settled)[1:k] AS answer FROM query_table(picked) WHERE x IS NOT NULL GROUP BY ask;

CREATE MACRO agg_last_k(picked, k) AS TABLE
SELECT ask, list(x ORDER BY settled DESC)[1:k] AS answer FROM query_table(picked) WHERE x IS NOT NULL GROUP BY ask;

CREATE MACRO agg_seconds_since_first(picked) AS TABLE
SELECT ask, (q - min(ts)) / 1000 AS answer FROM query_table(picked) GROUP BY ask, q;

CREATE MACRO agg_seconds_since_last(picked) AS TABLE
SELECT ask, (q - max(ts)) / 1000 AS answer FROM query_table(picked) GROUP BY ask, q;

-- Values.

CREATE MACRO agg_count_distinct(picked) AS TABLE
SELECT ask, count(DISTINCT x) AS answer FROM query_table(picked) GROUP BY ask;

-- The view holds [q - keep, q]: new is what occurs first in the window.
CREATE MACRO agg_count_new(picked) AS TABLE
SELECT ask, count(*) AS answer
FROM (SELECT ask, lo, x, min(ts) AS earliest FROM query_table(picked) WHERE x IS NOT NULL GROUP BY ask, lo, x)
WHERE earliest >= lo
GROUP BY ask;

CREATE MACRO agg_top_k(picked, k) AS TABLE
SELECT ask, list(x ORDER BY times DESC, x ASC)[1:k] AS answer
FROM (SELECT ask, x, count(*) AS times FROM query_table(picked) WHERE x IS NOT NULL GROUP BY ask, x)
GROUP BY ask;

CREATE MACRO agg_value_counts(picked) AS TABLE
SELECT ask, list({x: x, times: times}) AS answer
FROM (SELECT ask, x, count(*) AS times FROM query_table(picked) WHERE x IS NOT NULL GROUP BY ask, x)
GROUP BY ask;

-- Rank floor(over / under * (n - 1)) from 0, in whole numbers: p = 0.1 is no double. Lists begin with 1.
CREATE MACRO agg_quantile(picked, over, under) AS TABLE
SELECT ask, list(x ORDER BY x)[1 + over * (count(x) - 1) // under] AS answer
FROM query_table(picked) WHERE x IS NOT NULL
GROUP BY ask;

-- Sums of exact numbers. A power sum of order e + … is spelt by its digits: the sum over e of digit * 10**(8 e).

CREATE MACRO agg_sum(picked) AS TABLE
SELECT ask, count(u) AS n, sum(CAST(u AS BIGNUM)) AS s1 FROM query_table(picked) WHERE u IS NOT NULL GROUP BY ask;

-- The first four power sums, where |u| <= 10**9: u**4 then takes at most 10**36 of the 1.7 * 10**38 there are.
CREATE MACRO agg_powers(picked) AS TABLE
SELECT
    ask,
    count(u) AS n,
    sum(CAST(u AS BIGNUM)) AS s1,
    sum(CAST(u * u AS BIGNUM)) AS s2,
    sum(CAST(u * u * u AS BIGNUM)) AS s3,
    sum(CAST(u * u * (u * u) AS BIGNUM)) AS s4
FROM query_table(picked) WHERE u IS NOT NULL
GROUP BY ask;

-- The same for numbers of up to 40 digits: multiplied as polynomials in 10**8, of five digits below 10**8 and one sign.
-- A digit of the square is below 5 * 10**16, of the third power below 2 * 10**26, of the fourth below 2 * 10**34.
-- Yields (ask, n, power, e, digit).
CREATE MACRO agg_powers_wide(picked) AS TABLE
WITH numbered AS (
    SELECT ask, row_number() OVER () AS event, sign(u)::HUGEINT AS sign, abs(u) AS u
    FROM query_table(picked) WHERE u IS NOT NULL
),
first AS (
    SELECT ask, event, e, sign * ((u // shift) % 100000000) AS digit
    FROM numbered
    CROSS JOIN (
        VALUES (0, 1::HUGEINT), (1, 100000000), (2, 10000000000000000),
               (3, 1000000000000000000000000), (4, 100000000000000000000000000000000)
    ) AS place (e, shift)
),
second AS (
    SELECT a.ask, a.event, a.e + b.e AS e, sum(a.digit * b.digit) AS digit
    FROM first AS a JOIN first AS b USING (event)
    GROUP BY a.ask, a.event, a.e + b.e
),
third AS (
    SELECT a.ask, a.event, a.e + b.e AS e, sum(a.digit * b.digit) AS digit
    FROM first AS a JOIN second AS b USING (event)
    GROUP BY a.ask, a.event, a.e + b.e
),
fourth AS (
    SELECT a.ask, a.event, a.e + b.e AS e, sum(a.digit * b.digit) AS digit
    FROM second AS a JOIN second AS b USING (event)
    GROUP BY a.ask, a.event, a.e + b.e
),
every AS (
    SELECT 1 AS power, * FROM first
    UNION ALL SELECT 2, * FROM second
    UNION ALL SELECT 3, * FROM third
    UNION ALL SELECT 4, * FROM fourth
)
SELECT ask, count(*) AS n, power, e, sum(CAST(digit AS BIGNUM)) AS digit
FROM every GROUP BY ask, power, e;

-- Moments of doubles, in doubles, but about the mean: to a relative 1e-9 or so, where the mean is not millions of
-- deviations away. Equal numbers have no spread, whatever the rounding of their mean says.
CREATE MACRO agg_moments(picked) AS TABLE
SELECT
    ask,
    count(*) AS n,
    fsum(x) AS s1,
    favg(x) AS mean,
    CASE WHEN min(x) = max(x) THEN 0 ELSE fsum((x - centre) ** 2) END AS m2,
    fsum((x - centre) ** 3) AS m3,
    fsum((x - centre) ** 4) AS m4
FROM (SELECT ask, x, favg(x) OVER (PARTITION BY ask) AS centre FROM query_table(picked) WHERE x IS NOT NULL)
GROUP BY ask;
