package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code UNSIGNED_ZERO(x) -> DOUBLE}: 0.0 for -0.0, which no set of Flink's takes for it. */
public final class UnsignedZero extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Double eval(Double value) {
        return value == null ? null : value + 0.0;
    }
}
