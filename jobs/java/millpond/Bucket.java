package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/**
 * {@code BUCKET(value) -> DOUBLE}: the middle of the value's bucket, of which there are 64 between one power of two and
 * the next; off by at most 1/128 of the value, and the same bits as {@code millpond/algebra/buckets.py} gives.
 */
public final class Bucket extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final long WITHIN = (1L << 46) - 1;
    private static final long HALF = 1L << 45;

    public Double eval(Double value) {
        if (value == null) {
            return null;
        }
        return value == 0.0 ? 0.0 : Double.longBitsToDouble(Double.doubleToLongBits(value) & ~WITHIN | HALF);
    }
}
