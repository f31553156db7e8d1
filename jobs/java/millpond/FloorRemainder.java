package millpond;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;

/** {@code FLOOR_REMAINDER(a, b)}: what {@link FloorDivide} leaves, with the sign of b; null by zero. */
public final class FloorRemainder extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Object eval(Object left, Object right) {
        if (left == null || right == null) {
            return null;
        }
        if (left instanceof Long) {
            return (Long) right == 0 ? null : (Object) Math.floorMod((Long) left, (Long) right);
        }
        BigInteger[] parts = FloorDivide.divided((BigDecimal) left, (BigDecimal) right);
        return parts == null ? null : new BigDecimal(parts[1], ((BigDecimal) right).scale());
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TypeInference.newBuilder()
                .inputTypeStrategy(InputTypeStrategies.sequence(InputTypeStrategies.ANY, InputTypeStrategies.ANY))
                .outputTypeStrategy(call -> Optional.of(call.getArgumentDataTypes().get(0).nullable()))
                .build();
    }
}
