package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code ROUND_HALF_AWAY(x) -> DOUBLE}: the nearest whole number, the one further from zero where two are. */
public final class RoundHalfAway extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Double eval(Double value) {
        if (value == null || Math.abs(value) >= 0x1p52) {
            return value;
        }
        double whole = Math.floor(Math.abs(value));
        return Math.copySign(Math.abs(value) - whole >= 0.5 ? whole + 1 : whole, value);
    }
}
