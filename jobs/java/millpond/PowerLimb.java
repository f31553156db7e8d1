package millpond;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.InputGroup;
import org.apache.flink.table.functions.ScalarFunction;

/**
 * {@code POWER_LIMB(value, power, limb) -> DECIMAL(28, 0)}: of the power of an exact number without its point (9.99
 * counts 999) the decimal digits of one limb, 28 a limb, the lowest first, with the power's sign.
 *
 * <p>No decimal holds the fourth power of a number of 18 digits; sums of its limbs give the sum of the powers, exactly.
 */
public final class PowerLimb extends ScalarFunction {
    private static final long serialVersionUID = 1L;
    private static final BigInteger LIMB = BigInteger.TEN.pow(28);

    @DataTypeHint("DECIMAL(28, 0)")
    public BigDecimal eval(
            @DataTypeHint(inputGroup = InputGroup.ANY) Object value, Integer power, Integer limb) {
        if (value == null) {
            return null;
        }
        BigInteger whole = value instanceof Long
                ? BigInteger.valueOf((Long) value)
                : ((BigDecimal) value).unscaledValue();
        BigInteger rest = whole.pow(power);
        for (int below = 0; below < limb; below++) {
            rest = rest.divide(LIMB);
        }
        return new BigDecimal(rest.remainder(LIMB));
    }
}
