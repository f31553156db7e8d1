package millpond;

import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.functions.AggregateFunction;

/**
 * {@code TALLY(mark, ts, most) -> STRING}: for each mark how many events had it, and when it was met first and last.
 *
 * <p>Of more than {@code most} different marks those are kept that come first by their order, and the text begins with 1
 * instead of 0. What is kept depends on the events alone: a mark that gave way never comes back, so whatever is kept was
 * counted from its first event on.
 *
 * <p>The form is that of {@code millpond/algebra/tallies.py}.
 */
public final class Tally extends AggregateFunction<String, Tally.Entries> {
    private static final long serialVersionUID = 1L;
    private static final int DIGITS = 12;

    /** How many, first and last of every mark that is kept. */
    public static class Entries {
        @DataTypeHint("MAP<STRING, ARRAY<BIGINT>>")
        public Map<String, Long[]> of = new HashMap<>();

        public int most;
        public boolean capped;

        /** The last mark kept, once there are as many as may be; null before. */
        public String limit;
    }

    @Override
    public Entries createAccumulator() {
        return new Entries();
    }

    public void accumulate(Entries entries, String mark, Long ts, Integer most) {
        entries.most = most;
        if (mark != null) {
            add(entries, mark, 1L, ts, ts);
        }
    }

    public void merge(Entries entries, Iterable<Entries> others) {
        for (Entries other : others) {
            entries.most = Math.max(entries.most, other.most);
            entries.capped |= other.capped;
            for (Map.Entry<String, Long[]> one : other.of.entrySet()) {
                Long[] met = one.getValue();
                add(entries, one.getKey(), met[0], met[1], met[2]);
            }
        }
    }

    private static void add(Entries entries, String mark, long n, long first, long last) {
        Long[] met = entries.of.get(mark);
        if (met != null) {
            entries.of.put(mark, new Long[] {met[0] + n, Math.min(met[1], first), Math.max(met[2], last)});
            return;
        }
        if (entries.of.size() == entries.most) {
            entries.capped = true;
            if (entries.limit == null) {
                entries.limit = greatest(entries.of);
            }
            if (mark.compareTo(entries.limit) > 0) {
                return;
            }
            entries.of.remove(entries.limit);
            entries.of.put(mark, new Long[] {n, first, last});
            entries.limit = greatest(entries.of);
            return;
        }
        entries.of.put(mark, new Long[] {n, first, last});
    }

    private static String greatest(Map<String, Long[]> of) {
        String greatest = null;
        for (String mark : of.keySet()) {
            if (greatest == null || mark.compareTo(greatest) > 0) {
                greatest = mark;
            }
        }
        return greatest;
    }

    @Override
    public String getValue(Entries entries) {
        if (entries.of.isEmpty()) {
            return null;
        }
        StringBuilder text = new StringBuilder(entries.capped ? "1" : "0");
        boolean next = false;
        for (Map.Entry<String, Long[]> one : new TreeMap<>(entries.of).entrySet()) {
            if (next) {
                text.append(Kept.BETWEEN);
            }
            next = true;
            text.append(one.getKey());
            for (Long number : one.getValue()) {
                Mark.hexadecimal(text, number, DIGITS);
            }
        }
        return text.toString();
    }
}
