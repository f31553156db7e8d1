package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code SQUARE_ROOT(x) -> DOUBLE}: null of negative numbers. */
public final class SquareRoot extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Double eval(Double value) {
        return value == null || value < 0 ? null : Math.sqrt(value);
    }
}
