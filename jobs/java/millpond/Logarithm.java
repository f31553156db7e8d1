package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code LOGARITHM(x) -> DOUBLE}: the natural one; null of zero and of negative numbers. */
public final class Logarithm extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Double eval(Double value) {
        return value == null || value <= 0 ? null : StrictMath.log(value);
    }
}
