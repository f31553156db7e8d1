package millpond;

import java.math.BigDecimal;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.InputGroup;
import org.apache.flink.table.functions.ScalarFunction;

/** {@code TO_DOUBLE(value) -> DOUBLE}: of a decimal the nearest; null where a text is no number, or no finite one. */
public final class ToDouble extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Double eval(@DataTypeHint(inputGroup = InputGroup.ANY) Object value) {
        if (value instanceof BigDecimal) {
            return ((BigDecimal) value).doubleValue();
        }
        if (value == null || !Numbers.isNumber((String) value)) {
            return null;
        }
        double read = Double.parseDouble((String) value);
        return Double.isFinite(read) ? read : null;
    }
}
