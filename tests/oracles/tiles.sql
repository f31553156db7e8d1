-- What every tile of every retail view must hold, written by hand over the source Parquet.
--
-- A tile of `level` ms holds the lines with  tile * level <= ts < (tile + 1) * level.  The names of the columns are those
-- of the rows in the tile topics. Which levels a view has: tiles.py.

-- The file is in the order of time; a line's number is its place in the file, from 1.
CREATE TABLE line AS
SELECT
    file_row_number + 1 AS number,
    epoch_ms(transaction_timestamp) AS ts,
    CAST(household_id AS BIGINT) AS household_id,
    CAST(store_id AS BIGINT) AS store_id,
    CAST(basket_id AS VARCHAR) AS basket_id,
    CAST(product_id AS VARCHAR) AS product_id,
    quantity,
    CAST(sales_value AS DECIMAL(10, 2)) AS paid,
    CAST(retail_disc AS DECIMAL(10, 2)) AS shelf_discount,
    CAST(coupon_disc AS DECIMAL(10, 2)) AS coupon_discount
FROM read_parquet(getvariable('transactions'), file_row_number = true)
WHERE file_row_number < getvariable('lines');

CREATE MACRO household(level) AS TABLE
SELECT
    household_id,
    level AS level,
    ts // level AS tile,
    count(*) AS n,
    min(ts) AS first_ts,
    max(ts) AS last_ts,
    count(*) AS lines_count,
    sum(paid) AS spend_sum,
    count(paid) AS mean_line_count,
    max(paid) AS dearest_line_max,
    count(*) FILTER (coupon_discount > 0) AS coupon_lines_count,
    sum(shelf_discount + coupon_discount) AS saved_sum
FROM line
GROUP BY household_id, ts // level;

CREATE MACRO household_store(level) AS TABLE
SELECT
    household_id,
    store_id,
    level AS level,
    ts // level AS tile,
    count(*) AS n,
    min(ts) AS first_ts,
    max(ts) AS last_ts,
    count(*) AS lines_count,
    sum(paid) AS spend_sum,
    count(paid) AS mean_line_count,
    max(paid) AS dearest_line_max,
    count(*) FILTER (paid >= 20) AS big_lines_count
FROM line
GROUP BY household_id, store_id, ts // level;

CREATE MACRO store(level) AS TABLE
SELECT
    store_id,
    level AS level,
    ts // level AS tile,
    count(*) AS n,
    min(ts) AS first_ts,
    max(ts) AS last_ts,
    count(*) AS lines_count,
    sum(paid) AS revenue_sum,
    count(paid) AS mean_line_count,
    min(paid) FILTER (paid > 0) AS cheapest_line_min,
    max(paid) AS dearest_line_max,
    count(*) FILTER (paid = 0) AS free_lines_count
FROM line
GROUP BY store_id, ts // level;

CREATE MACRO product(level) AS TABLE
SELECT
    product_id,
    level AS level,
    ts // level AS tile,
    count(*) AS n,
    min(ts) AS first_ts,
    max(ts) AS last_ts,
    count(*) AS lines_count,
    sum(quantity) AS units_sum,
    max(quantity) AS most_at_once_max,
    sum(paid) AS revenue_sum,
    count(paid) AS mean_line_count,
    min(paid) AS lowest_paid_min,
    max(paid) AS highest_paid_max,
    count(*) FILTER (shelf_discount > 0 OR coupon_discount > 0) AS promoted_lines_count,
    count(*) FILTER (quantity BETWEEN 2 AND 6) AS multi_buys_count
FROM line
GROUP BY product_id, ts // level;

CREATE MACRO basket(level) AS TABLE
SELECT
    basket_id,
    level AS level,
    ts // level AS tile,
    count(*) AS n,
    min(ts) AS first_ts,
    max(ts) AS last_ts,
    count(*) AS lines_count,
    sum(paid) AS total_sum,
    sum(quantity) AS units_sum,
    count(paid) AS mean_line_count,
    min(paid) AS cheapest_line_min,
    max(paid) AS dearest_line_max,
    count(*) FILTER (shelf_discount + coupon_discount > 0) AS discounted_lines_count
FROM line
GROUP BY basket_id, ts // level;
