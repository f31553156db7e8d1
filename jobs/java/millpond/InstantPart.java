package millpond;

import java.time.LocalDateTime;
import java.time.ZoneOffset;
import org.apache.flink.table.functions.ScalarFunction;

/** {@code INSTANT_PART(ms, part) -> BIGINT}: of an instant UTC; null outside of the years 1 to 9999. */
public final class InstantPart extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private static final long FIRST = -62_135_596_800_000L;
    private static final long LAST = 253_402_300_799_999L;

    public Long eval(Long instant, String part) {
        if (instant == null || instant < FIRST || instant > LAST) {
            return null;
        }
        long seconds = Math.floorDiv(instant, 1000L);
        LocalDateTime at = LocalDateTime.ofEpochSecond(seconds, 0, ZoneOffset.UTC);
        switch (part) {
            case "year":
                return (long) at.getYear();
            case "quarter":
                return (at.getMonthValue() + 2L) / 3;
            case "month":
                return (long) at.getMonthValue();
            case "day":
                return (long) at.getDayOfMonth();
            case "day_of_year":
                return (long) at.getDayOfYear();
            case "day_of_week":
                return at.getDayOfWeek().getValue() - 1L;
            case "hour":
                return (long) at.getHour();
            case "minute":
                return (long) at.getMinute();
            case "second":
                return (long) at.getSecond();
            case "millisecond":
                return Math.floorMod(instant, 1000L);
            case "epoch_seconds":
                return seconds;
            default:
                throw new IllegalArgumentException("an instant has no part " + part);
        }
    }
}
