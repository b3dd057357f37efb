#pragma once
// librdkafka's variadic calls, which Swift cannot make, as plain functions; nothing here is newer than 2.0.2.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>
#include <stddef.h>
#include <stdint.h>

/// Queues one record for a topic; the key and value are copied, `headers` (may be null) becomes librdkafka's where the
/// answer is 0 and stays the caller's otherwise. `partition` may be RD_KAFKA_PARTITION_UA.
rd_kafka_resp_err_t afm_kafka_produce(rd_kafka_t *producer, const char *topic, int32_t partition, const void *key,
                                      size_t key_length, const void *value, size_t value_length,
                                      rd_kafka_headers_t *headers, void *tag);

/// Makes a mock broker answer the next request of one kind with an error (0 for none) after `milliseconds`.
rd_kafka_resp_err_t afm_kafka_mock_push_error(rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t api_key,
                                              rd_kafka_resp_err_t error, int milliseconds);

/// Writes the id of a topic, in the words of Kafka's own tools and ended by a zero, into `id`.
///
/// Returns 0 where the loaded librdkafka cannot ask for it (before 2.3; its functions are looked up at run time), the
/// broker does not tell, or no answer comes in `milliseconds`; 1 otherwise.
int afm_kafka_topic_id(rd_kafka_t *client, const char *topic, int milliseconds, char *id, size_t size);
