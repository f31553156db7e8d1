package millpond;

import org.apache.flink.table.functions.ScalarFunction;

/** {@code HAVERSINE_KM(lat1, lon1, lat2, lon2) -> DOUBLE}: the way along a great circle; null for what is no place. */
public final class HaversineKm extends ScalarFunction {
    private static final long serialVersionUID = 1L;

    private static final double RADIUS_KM = 6371.0088;
    private static final double GREATEST_LATITUDE = 90.0;
    private static final double GREATEST_LONGITUDE = 360.0;

    public Double eval(Double lat1, Double lon1, Double lat2, Double lon2) {
        if (lat1 == null || lon1 == null || lat2 == null || lon2 == null) {
            return null;
        }
        if (Math.max(Math.abs(lat1), Math.abs(lat2)) > GREATEST_LATITUDE
                || Math.max(Math.abs(lon1), Math.abs(lon2)) > GREATEST_LONGITUDE) {
            return null;
        }
        double cosines = StrictMath.cos(Math.toRadians(lat1)) * StrictMath.cos(Math.toRadians(lat2));
        double halfLat = Math.toRadians(lat2 - lat1) / 2;
        double halfLon = Math.toRadians(lon2 - lon1) / 2;
        // Of the way, and of the rest to the antipode, each without a difference that would cancel.
        double way = square(StrictMath.sin(halfLat)) + cosines * square(StrictMath.sin(halfLon));
        double rest = square(StrictMath.sin(Math.toRadians(lat1 + lat2) / 2)) + cosines * square(StrictMath.cos(halfLon));
        return 2 * RADIUS_KM * StrictMath.atan2(Math.sqrt(way), Math.sqrt(rest));
    }

    private static double square(double value) {
        return value * value;
    }
}
