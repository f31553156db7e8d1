package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code FINITE(x) -> DOUBLE}: null where the double is NaN or infinite. */
public final class Finite extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Double eval(Double value) {
        return value == null || !Double.isFinite(value) ? null : value;
    }
}
