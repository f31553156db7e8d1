package millpond;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;

/** {@code TO_DECIMAL(value, precision, scale, rounding) -> DECIMAL(precision, scale)}: null where it does not fit, or a text is no exact number. The last three are literals. */
public final class ToDecimal extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public BigDecimal eval(Object value, Integer precision, Integer scale, String rounding) {
        BigDecimal exact = Numbers.exact(value);
        // As long as 1e308, a number is not written out only to be found too long.
        if (exact == null || exact.precision() - exact.scale() > Numbers.MOST_DIGITS + 1) {
            return null;
        }
        BigDecimal fitted = exact.setScale(scale, RoundingMode.valueOf(rounding));
        return fitted.precision() > precision ? null : fitted;
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TypeInference.newBuilder()
                .inputTypeStrategy(InputTypeStrategies.sequence(
                        InputTypeStrategies.ANY,
                        InputTypeStrategies.ANY,
                        InputTypeStrategies.ANY,
                        InputTypeStrategies.ANY))
                .outputTypeStrategy(call -> Optional.of(DataTypes.DECIMAL(
                        call.getArgumentValue(1, Integer.class).orElseThrow(),
                        call.getArgumentValue(2, Integer.class).orElseThrow())))
                .build();
    }
}
