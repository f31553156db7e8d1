-- What every retail feature must be, written by hand over the source Parquet.
--
-- A window covers  lo <= ts < hi  at an instant q, rounded down to the tiles it is answered from:
--     lo = floor((q - delay - length + 1) / tile) * tile
--     hi = q + 1 without a delay, else floor((q - delay + 1) / tile) * tile
-- (// truncates, which is floor here: q is long after 1970.)
CREATE MACRO lo(q, delay, length, tile) AS ((q - delay - length + 1) // tile) * tile;
CREATE MACRO delayed_hi(q, delay, tile) AS ((q - delay + 1) // tile) * tile;

CREATE MACRO minutes(n) AS n * 60000::BIGINT;
CREATE MACRO hours(n) AS n * 3600000::BIGINT;
CREATE MACRO days(n) AS n * 86400000::BIGINT;

-- The file is in the order of time; a line's number is its place in the file, from 1.
CREATE TABLE line AS
SELECT
    file_row_number + 1 AS number,
    epoch_ms(transaction_timestamp) AS ts,
    household_id,
    store_id,
    CAST(basket_id AS VARCHAR) AS basket_id,
    CAST(product_id AS VARCHAR) AS product_id,
    quantity,
    CAST(sales_value AS DECIMAL(10, 2)) AS paid,
    CAST(retail_disc AS DECIMAL(10, 2)) AS shelf_discount,
    CAST(coupon_disc AS DECIMAL(10, 2)) AS coupon_discount
FROM read_parquet(getvariable('transactions'), file_row_number = true);

-- The entities asked for.
CREATE TABLE wanted_household (household_id BIGINT);
CREATE TABLE wanted_household_store (household_id BIGINT, store_id BIGINT);
CREATE TABLE wanted_store (store_id BIGINT);
CREATE TABLE wanted_product (product_id VARCHAR);
CREATE TABLE wanted_basket (basket_id VARCHAR);

-- One macro a view: its features at q for the entities in the table `wanted_<view>`, from the lines up to number n.
-- The outer join keeps an entity of which nothing is known: its counts come out 0 by the same SQL.
-- A mean comes as its exact sum and its count, to be divided by the reader of this file.
-- A window no `lines_…` counts without a condition has a `seen_…`: whether it holds any event of the entity at all.

CREATE MACRO household(q, n) AS TABLE
WITH edge AS (
    SELECT
        lo(q, 0, days(1), hours(1)) AS day,
        lo(q, 0, days(30), days(1)) AS month,
        lo(q, 0, days(90), days(1)) AS season,
        lo(q, days(30), days(30), days(1)) AS month_before,
        delayed_hi(q, days(30), days(1)) AS month_before_end
)
SELECT
    wanted.household_id,
    count(ts) FILTER (ts >= day AND ts <= q) AS lines_24h,
    count(ts) FILTER (ts >= month AND ts <= q) AS lines_30d,
    count(ts) FILTER (ts >= season AND ts <= q) AS lines_90d,
    count(ts) FILTER (ts <= q) AS lines_lifetime,
    coalesce(sum(paid) FILTER (ts >= day AND ts <= q), 0) AS spend_24h,
    coalesce(sum(paid) FILTER (ts >= month AND ts <= q), 0) AS spend_30d,
    coalesce(sum(paid) FILTER (ts >= season AND ts <= q), 0) AS spend_90d,
    coalesce(sum(paid) FILTER (ts <= q), 0) AS spend_lifetime,
    coalesce(sum(paid) FILTER (ts >= month_before AND ts < month_before_end), 0) AS spend_30d_delayed_30d,
    sum(paid) FILTER (ts >= month AND ts <= q) AS mean_line_30d_sum,
    count(paid) FILTER (ts >= month AND ts <= q) AS mean_line_30d_count,
    max(paid) FILTER (ts >= season AND ts <= q) AS dearest_line_90d,
    count(ts) FILTER (ts >= month AND ts <= q AND coupon_discount > 0) AS coupon_lines_30d,
    count(ts) FILTER (ts >= season AND ts <= q AND coupon_discount > 0) AS coupon_lines_90d,
    coalesce(sum(shelf_discount + coupon_discount) FILTER (ts >= month AND ts <= q), 0) AS saved_30d,
    count(ts) FILTER (ts >= month_before AND ts < month_before_end) AS seen_month_before
FROM wanted_household AS wanted
CROSS JOIN edge
LEFT JOIN line ON line.household_id = wanted.household_id AND line.number <= n
GROUP BY ALL;

CREATE MACRO household_store(q, n) AS TABLE
WITH edge AS (
    SELECT
        lo(q, 0, days(7), hours(6)) AS week,
        lo(q, 0, days(90), hours(6)) AS season
)
SELECT
    wanted.household_id,
    wanted.store_id,
    count(ts) FILTER (ts >= week AND ts <= q) AS lines_7d,
    count(ts) FILTER (ts >= season AND ts <= q) AS lines_90d,
    count(ts) FILTER (ts <= q) AS lines_lifetime,
    coalesce(sum(paid) FILTER (ts >= week AND ts <= q), 0) AS spend_7d,
    coalesce(sum(paid) FILTER (ts >= season AND ts <= q), 0) AS spend_90d,
    sum(paid) FILTER (ts >= season AND ts <= q) AS mean_line_90d_sum,
    count(paid) FILTER (ts >= season AND ts <= q) AS mean_line_90d_count,
    max(paid) FILTER (ts >= season AND ts <= q) AS dearest_line_90d,
    count(ts) FILTER (ts >= season AND ts <= q AND paid >= 20) AS big_lines_90d
FROM wanted_household_store AS wanted
CROSS JOIN edge
LEFT JOIN line
    ON line.household_id = wanted.household_id AND line.store_id = wanted.store_id AND line.number <= n
GROUP BY ALL;

CREATE MACRO store(q, n) AS TABLE
WITH edge AS (
    SELECT
        lo(q, 0, hours(1), minutes(1)) AS hour,
        lo(q, 0, days(1), hours(1)) AS day,
        lo(q, 0, days(7), hours(1)) AS week,
        lo(q, days(7), days(7), hours(1)) AS week_before,
        delayed_hi(q, days(7), hours(1)) AS week_before_end
)
SELECT
    wanted.store_id,
    count(ts) FILTER (ts >= hour AND ts <= q) AS lines_1h,
    count(ts) FILTER (ts >= day AND ts <= q) AS lines_24h,
    count(ts) FILTER (ts >= week AND ts <= q) AS lines_7d,
    coalesce(sum(paid) FILTER (ts >= hour AND ts <= q), 0) AS revenue_1h,
    coalesce(sum(paid) FILTER (ts >= day AND ts <= q), 0) AS revenue_24h,
    coalesce(sum(paid) FILTER (ts >= week AND ts <= q), 0) AS revenue_7d,
    coalesce(sum(paid) FILTER (ts >= week_before AND ts < week_before_end), 0) AS revenue_7d_delayed_7d,
    sum(paid) FILTER (ts >= hour AND ts <= q) AS mean_line_1h_sum,
    count(paid) FILTER (ts >= hour AND ts <= q) AS mean_line_1h_count,
    sum(paid) FILTER (ts >= week AND ts <= q) AS mean_line_7d_sum,
    count(paid) FILTER (ts >= week AND ts <= q) AS mean_line_7d_count,
    min(paid) FILTER (ts >= day AND ts <= q AND paid > 0) AS cheapest_line_24h,
    max(paid) FILTER (ts >= day AND ts <= q) AS dearest_line_24h,
    count(ts) FILTER (ts >= week AND ts <= q AND paid = 0) AS free_lines_7d,
    count(ts) FILTER (ts >= week_before AND ts < week_before_end) AS seen_week_before
FROM wanted_store AS wanted
CROSS JOIN edge
LEFT JOIN line ON line.store_id = wanted.store_id AND line.number <= n
GROUP BY ALL;

CREATE MACRO product(q, n) AS TABLE
WITH edge AS (
    SELECT
        lo(q, 0, days(1), hours(1)) AS day,
        lo(q, 0, days(30), days(1)) AS month
)
SELECT
    wanted.product_id,
    count(ts) FILTER (ts >= day AND ts <= q) AS lines_24h,
    count(ts) FILTER (ts >= month AND ts <= q) AS lines_30d,
    coalesce(sum(quantity) FILTER (ts >= day AND ts <= q), 0) AS units_24h,
    coalesce(sum(quantity) FILTER (ts >= month AND ts <= q), 0) AS units_30d,
    max(quantity) FILTER (ts >= month AND ts <= q) AS most_at_once_30d,
    coalesce(sum(paid) FILTER (ts >= month AND ts <= q), 0) AS revenue_30d,
    sum(paid) FILTER (ts >= month AND ts <= q) AS mean_line_30d_sum,
    count(paid) FILTER (ts >= month AND ts <= q) AS mean_line_30d_count,
    min(paid) FILTER (ts >= month AND ts <= q) AS lowest_paid_30d,
    max(paid) FILTER (ts >= month AND ts <= q) AS highest_paid_30d,
    count(ts) FILTER (ts >= month AND ts <= q AND (shelf_discount > 0 OR coupon_discount > 0)) AS promoted_lines_30d,
    count(ts) FILTER (ts >= month AND ts <= q AND quantity >= 2 AND quantity <= 6) AS multi_buys_30d
FROM wanted_product AS wanted
CROSS JOIN edge
LEFT JOIN line ON line.product_id = wanted.product_id AND line.number <= n
GROUP BY ALL;

CREATE MACRO basket(q, n) AS TABLE
WITH edge AS (
    SELECT
        lo(q, 0, hours(1), minutes(1)) AS hour,
        lo(q, 0, days(1), hours(1)) AS day
)
SELECT
    wanted.basket_id,
    count(ts) FILTER (ts >= hour AND ts <= q) AS lines_1h,
    count(ts) FILTER (ts >= day AND ts <= q) AS lines_24h,
    coalesce(sum(paid) FILTER (ts >= hour AND ts <= q), 0) AS total_1h,
    coalesce(sum(paid) FILTER (ts >= day AND ts <= q), 0) AS total_24h,
    coalesce(sum(quantity) FILTER (ts >= hour AND ts <= q), 0) AS units_1h,
    sum(paid) FILTER (ts >= day AND ts <= q) AS mean_line_24h_sum,
    count(paid) FILTER (ts >= day AND ts <= q) AS mean_line_24h_count,
    min(paid) FILTER (ts >= hour AND ts <= q) AS cheapest_line_1h,
    max(paid) FILTER (ts >= day AND ts <= q) AS dearest_line_24h,
    count(ts) FILTER (ts >= hour AND ts <= q AND shelf_discount + coupon_discount > 0) AS discounted_lines_1h
FROM wanted_basket AS wanted
CROSS JOIN edge
LEFT JOIN line ON line.basket_id = wanted.basket_id AND line.number <= n
GROUP BY ALL;
