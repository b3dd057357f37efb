#include "CRdKafkaSupport.h"

rd_kafka_resp_err_t afm_kafka_produce(rd_kafka_t *producer, const char *topic, int32_t partition, const void *key,
                                      size_t key_length, const void *value, size_t value_length,
                                      rd_kafka_headers_t *headers, void *tag) {
  // The casts drop const only: RD_KAFKA_MSG_F_COPY means that nothing is written through these pointers or kept.
  if (headers)
    return rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                             RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_length),
                             RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_HEADERS(headers),
                             RD_KAFKA_V_OPAQUE(tag), RD_KAFKA_V_END);
  return rd_kafka_producev(producer, RD_KAFKA_V_TOPIC(topic), RD_KAFKA_V_PARTITION(partition),
                           RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY((void *)key, key_length),
                           RD_KAFKA_V_VALUE((void *)value, value_length), RD_KAFKA_V_OPAQUE(tag),
                           RD_KAFKA_V_END);
}

rd_kafka_resp_err_t afm_kafka_mock_push_error(rd_kafka_mock_cluster_t *cluster, int32_t broker, int16_t api_key,
                                              rd_kafka_resp_err_t error, int milliseconds) {
  return rd_kafka_mock_broker_push_request_error_rtts(cluster, broker, api_key, (size_t)1, error, milliseconds);
}
