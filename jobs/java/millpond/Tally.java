package millpond;

import java.io.IOException;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.apache.flink.api.common.typeutils.SimpleTypeSerializerSnapshot;
import org.apache.flink.api.common.typeutils.TypeSerializerSnapshot;
import org.apache.flink.core.memory.DataInputView;
import org.apache.flink.core.memory.DataOutputView;
import org.apache.flink.table.annotation.DataTypeHint;
import org.apache.flink.table.annotation.FunctionHint;
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
@FunctionHint(
        accumulator =
                @DataTypeHint(
                        value = "RAW",
                        bridgedTo = Tally.Entries.class,
                        rawSerializer = Tally.EntriesSerializer.class))
public final class Tally extends AggregateFunction<String, Tally.Entries> {
    private static final long serialVersionUID = 1L;
    private static final int DIGITS = 12;

    /** What is known of one mark: it is never changed, so several tallies may hold it. */
    private record Met(long n, long first, long last) {
        Met and(Met other) {
            return new Met(n + other.n, Math.min(first, other.first), Math.max(last, other.last));
        }
    }

    /** What is known of every mark that is kept, how many there may be, and whether there were more. */
    public static final class Entries {
        private final TreeMap<String, Met> of;
        private int most;
        private boolean capped;

        private Entries(SortedMap<String, Met> of, int most, boolean capped) {
            this.of = new TreeMap<>(of);
            this.most = most;
            this.capped = capped;
        }

        private void add(String mark, Met met) {
            of.merge(mark, met, Met::and);
            if (of.size() > most) {
                of.pollLastEntry();
                capped = true;
            }
        }
    }

    @Override
    public Entries createAccumulator() {
        return new Entries(new TreeMap<>(), 0, false);
    }

    public void accumulate(Entries entries, String mark, Long ts, Integer most) {
        entries.most = most;
        if (mark != null) {
            entries.add(mark, new Met(1, ts, ts));
        }
    }

    public void merge(Entries entries, Iterable<Entries> others) {
        for (Entries other : others) {
            entries.most = Math.max(entries.most, other.most);
            entries.capped |= other.capped;
            other.of.forEach(entries::add);
        }
    }

    @Override
    public String getValue(Entries entries) {
        if (entries.of.isEmpty()) {
            return null;
        }
        StringBuilder text = new StringBuilder(entries.of.size() * 64);
        text.append(entries.capped ? '1' : '0');
        for (Map.Entry<String, Met> one : entries.of.entrySet()) {
            if (text.length() > 1) {
                text.append(Kept.BETWEEN);
            }
            text.append(one.getKey());
            Mark.hexadecimal(text, one.getValue().n, DIGITS);
            Mark.hexadecimal(text, one.getValue().first, DIGITS);
            Mark.hexadecimal(text, one.getValue().last, DIGITS);
        }
        return text.toString();
    }

    /** How many marks there may be, whether there were more, how many there are, and of each what is known. */
    public static final class EntriesSerializer extends StateSerializer<Entries> {
        private static final long serialVersionUID = 1L;

        @Override
        public Entries createInstance() {
            return new Entries(new TreeMap<>(), 0, false);
        }

        @Override
        public Entries copy(Entries from) {
            return new Entries(from.of, from.most, from.capped);
        }

        @Override
        public void serialize(Entries entries, DataOutputView target) throws IOException {
            target.writeInt(entries.most);
            target.writeBoolean(entries.capped);
            target.writeInt(entries.of.size());
            for (Map.Entry<String, Met> one : entries.of.entrySet()) {
                write(one.getKey(), target);
                target.writeLong(one.getValue().n);
                target.writeLong(one.getValue().first);
                target.writeLong(one.getValue().last);
            }
        }

        @Override
        public Entries deserialize(DataInputView source) throws IOException {
            Entries entries = new Entries(new TreeMap<>(), source.readInt(), source.readBoolean());
            for (int left = source.readInt(); left > 0; left--) {
                String mark = readText(source);
                entries.of.put(mark, new Met(source.readLong(), source.readLong(), source.readLong()));
            }
            return entries;
        }

        @Override
        public TypeSerializerSnapshot<Entries> snapshotConfiguration() {
            return new Snapshot();
        }

        /** What a checkpoint tells of it. */
        public static final class Snapshot extends SimpleTypeSerializerSnapshot<Entries> {
            public Snapshot() {
                super(EntriesSerializer::new);
            }
        }
    }
}
