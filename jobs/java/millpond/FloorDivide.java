package millpond;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.Optional;
import org.apache.flink.table.api.DataTypes;
import org.apache.flink.table.catalog.DataTypeFactory;
import org.apache.flink.table.functions.ScalarFunction;
import org.apache.flink.table.types.DataType;
import org.apache.flink.table.types.inference.CallContext;
import org.apache.flink.table.types.inference.InputTypeStrategies;
import org.apache.flink.table.types.inference.TypeInference;
import org.apache.flink.table.types.logical.DecimalType;
import org.apache.flink.table.types.logical.LogicalType;
import org.apache.flink.table.types.logical.LogicalTypeRoot;

/** {@code FLOOR_DIVIDE(a, b)}: of two BIGINT or two decimals of one scale the whole quotient, rounded down; null by zero, and where 64 bits do not hold it. */
public final class FloorDivide extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Object eval(Object left, Object right) {
        if (left == null || right == null) {
            return null;
        }
        if (left instanceof Long) {
            long a = (Long) left;
            long b = (Long) right;
            return b == 0 || (a == Long.MIN_VALUE && b == -1) ? null : (Object) Math.floorDiv(a, b);
        }
        BigInteger[] whole = divided((BigDecimal) left, (BigDecimal) right);
        return whole == null ? null : new BigDecimal(whole[0]);
    }

    /** The quotient rounded down, and what remains, of two decimals of one scale; null by zero. */
    static BigInteger[] divided(BigDecimal left, BigDecimal right) {
        if (right.signum() == 0) {
            return null;
        }
        BigInteger divisor = right.unscaledValue();
        BigInteger[] parts = left.unscaledValue().divideAndRemainder(divisor);
        if (parts[1].signum() != 0 && parts[1].signum() != divisor.signum()) {
            parts[0] = parts[0].subtract(BigInteger.ONE);
            parts[1] = parts[1].add(divisor);
        }
        return parts;
    }

    @Override
    public TypeInference getTypeInference(DataTypeFactory types) {
        return TypeInference.newBuilder()
                .inputTypeStrategy(InputTypeStrategies.sequence(InputTypeStrategies.ANY, InputTypeStrategies.ANY))
                .outputTypeStrategy(FloorDivide::outputType)
                .build();
    }

    private static Optional<DataType> outputType(CallContext call) {
        LogicalType type = call.getArgumentDataTypes().get(0).getLogicalType();
        return Optional.of(
                type.is(LogicalTypeRoot.DECIMAL)
                        ? DataTypes.DECIMAL(((DecimalType) type).getPrecision(), 0)
                        : DataTypes.BIGINT());
    }
}
