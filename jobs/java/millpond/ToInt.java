package millpond;

import java.math.BigDecimal;
import java.math.BigInteger;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.InputGroup;
import org.apache.flink.table.functions.ScalarFunction;

/** {@code TO_INT(value) -> BIGINT}: toward zero; null where 64 bits do not hold it, or a text is no whole number. */
public final class ToInt extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private static final BigInteger LEAST = BigInteger.valueOf(Long.MIN_VALUE);
    private static final BigInteger GREATEST = BigInteger.valueOf(Long.MAX_VALUE);

    public Long eval(@DataTypeHint(inputGroup = InputGroup.ANY) Object value) {
        BigDecimal exact = Numbers.whole(value);
        if (exact == null) {
            return null;
        }
        BigInteger whole = exact.toBigInteger();
        return whole.compareTo(LEAST) < 0 || whole.compareTo(GREATEST) > 0 ? null : whole.longValue();
    }
}
