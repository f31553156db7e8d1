package millpond;

import java.util.Arrays;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.data.StringData;
import org.apache.flink.table.functions.ScalarFunction;

/** {@code TEXT_ORDER(a, b) -> INT}: less than, equal to or greater than 0, by the bytes of UTF-8. */
public final class TextOrder extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    public Integer eval(
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData left,
            @DataTypeHint(value = "STRING", bridgedTo = StringData.class) StringData right) {
        return left == null || right == null ? null : Arrays.compareUnsigned(left.toBytes(), right.toBytes());
    }
}
