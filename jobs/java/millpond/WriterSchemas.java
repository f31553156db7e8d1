package millpond;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.RestService;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaReference;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.entities.SchemaString;
import org.apache.flink.avro.registry.confluent.shaded.io.confluent.kafka.schemaregistry.client.rest.exceptions.RestClientException;
import org.apache.flink.avro.shaded.org.apache.avro.AvroRuntimeException;
import org.apache.flink.avro.shaded.org.apache.avro.Schema;
import org.apache.flink.util.FlinkRuntimeException;

/**
 * The schemas records were written with, by id, from a registry with Confluent's API.
 *
 * <p>Only a definite "no such id" is an answer. Everything else that goes wrong between here and the registry is the
 * registry's trouble, not the record's: it is thrown, the job restarts, and the record is tried again. A registry that
 * was restored empty says "no such id" to every good record: that answer counts only while the source's own schema,
 * registered when the job was deployed, is still there under its id.
 */
final class WriterSchemas {
    private static final int NOT_FOUND = 404;
    private static final int SCHEMA_NOT_FOUND = 40403;
    private static final int CONNECT_TIMEOUT_MS = 5_000;
    private static final int READ_TIMEOUT_MS = 10_000;
    /** How long a refused id is not asked for again: a flood of poison must not become a flood of requests. */
    private static final long REFUSED_FOR_NANOS = 10_000_000_000L;
    private static final int MOST_REFUSED = 1_000;

    private final String url;
    private final RestService registry;
    private final Schema reader;
    private final int ownId;
    private final Map<Integer, Refusal> refused = new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Integer, Refusal> eldest) {
            return size() > MOST_REFUSED;
        }
    };

    private record Refusal(Refused why, long since) {}

    WriterSchemas(String url, Schema reader, int ownId) {
        this.url = url;
        this.reader = reader;
        this.ownId = ownId;
        this.registry = new RestService(url);
        registry.setHttpConnectTimeoutMs(CONNECT_TIMEOUT_MS);
        registry.setHttpReadTimeoutMs(READ_TIMEOUT_MS);
    }

    /**
     * The schema registered under {@code id}.
     *
     * @throws Refused when there definitely is none, or one that is not an Avro schema
     * @throws FlinkRuntimeException when the registry gives no definite answer
     */
    Schema get(int id) throws Refused {
        Refusal earlier = refused.remove(id);
        if (earlier != null && System.nanoTime() - earlier.since < REFUSED_FOR_NANOS) {
            refused.put(id, earlier);
            throw earlier.why;
        }
        try {
            Optional<Schema> schema = fetch(id);
            if (schema.isEmpty()) {
                requireOwn(id);
                throw new Refused("unknown_schema", "the registry has no schema " + id);
            }
            return schema.get();
        } catch (AvroRuntimeException e) {
            throw remembered(id, new Refused("undecodable", "schema " + id + ": " + e.getMessage()));
        } catch (Refused e) {
            throw remembered(id, e);
        }
    }

    private Refused remembered(int id, Refused why) {
        refused.put(id, new Refusal(why, System.nanoTime()));
        return why;
    }

    private void requireOwn(int unknown) {
        Optional<Schema> own;
        try {
            own = fetch(ownId);
        } catch (AvroRuntimeException e) {
            throw lost(unknown, e);
        }
        if (own.isEmpty()) {
            throw lost(unknown, null);
        }
        try {
            new Resolution(own.get(), reader);
        } catch (Refused e) {
            throw lost(unknown, e); // another schema under its id
        }
    }

    private FlinkRuntimeException lost(int unknown, Exception cause) {
        return new FlinkRuntimeException(
                "the registry at " + url + " knows neither schema " + unknown + " nor the source's own schema " + ownId
                        + ": it has lost its schemas; restore them with their ids, the job retries until then",
                cause);
    }

    private Optional<Schema> fetch(int id) {
        try {
            SchemaString found = registry.getId(id);
            // The registry leaves the type out for Avro.
            if (found.getSchemaType() != null && !found.getSchemaType().equals("AVRO")) {
                throw new AvroRuntimeException("schema " + id + " is " + found.getSchemaType() + ", not AVRO");
            }
            Map<String, Schema> named = new LinkedHashMap<>();
            addReferences(found.getReferences(), named);
            return Optional.of(parse(found.getSchemaString(), named));
        } catch (RestClientException e) {
            if (e.getStatus() == NOT_FOUND && e.getErrorCode() == SCHEMA_NOT_FOUND) {
                return Optional.empty();
            }
            throw trouble(id, e);
        } catch (IOException e) {
            throw trouble(id, e);
        }
    }

    private void addReferences(Iterable<SchemaReference> references, Map<String, Schema> named)
            throws IOException, RestClientException {
        if (references == null) {
            return;
        }
        for (SchemaReference reference : references) {
            if (!named.containsKey(reference.getName())) {
                var referred = registry.getVersion(reference.getSubject(), reference.getVersion(), true);
                addReferences(referred.getReferences(), named);
                Schema schema = parse(referred.getSchema(), named);
                named.put(schema.getFullName(), schema);
            }
        }
    }

    private static Schema parse(String text, Map<String, Schema> named) {
        // A writer's defaults are never used; old registries hold schemas with wrong ones.
        return new Schema.Parser().setValidateDefaults(false).addTypes(named).parse(text);
    }

    private FlinkRuntimeException trouble(int id, Exception cause) {
        return new FlinkRuntimeException(
                "the registry at " + url + " gave no answer for schema " + id + "; the job retries", cause);
    }
}
