package millpond;

import java.util.Arrays;
import org.apache.flink.table.functions.ScalarFunction;

/** {@code LOCAL_INSTANT(ms, rules) -> BIGINT}: what a zone's clocks show, as if that were UTC; null from 2100 on. The rules are those of {@code millpond/plan/zones.py}. */
public final class LocalInstant extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private static final long RULES_END = 4_102_444_800_000L;
    private static final long FIRST = -62_135_596_800_000L - 86_400_000L;

    private transient String known;
    private transient long[] changes;
    private transient long[] ahead;

    public Long eval(Long instant, String rules) {
        if (instant == null || instant < FIRST || instant >= RULES_END) {
            return null;
        }
        if (!rules.equals(known)) {
            read(rules);
        }
        int found = Arrays.binarySearch(changes, instant);
        return instant + ahead[found >= 0 ? found + 1 : -found - 1];
    }

    private void read(String rules) {
        String[] parts = rules.split(" ");
        changes = new long[parts.length - 1];
        ahead = new long[parts.length];
        ahead[0] = Long.parseLong(parts[0]) * 1000;
        for (int i = 1; i < parts.length; i++) {
            int colon = parts[i].indexOf(':');
            changes[i - 1] = Long.parseLong(parts[i].substring(0, colon)) * 1000;
            ahead[i] = Long.parseLong(parts[i].substring(colon + 1)) * 1000;
        }
        known = rules;
    }
}
