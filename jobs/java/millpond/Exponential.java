package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code EXPONENTIAL(x) -> DOUBLE}: null where it is next to overflow, 0 where doubles lose their digits. */
public final class Exponential extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private static final double GREATEST = 709.78;
    private static final double LEAST = -708.0;

    public Double eval(Double value) {
        if (value == null || value > GREATEST) {
            return null;
        }
        return value < LEAST ? 0.0 : StrictMath.exp(value);
    }
}
