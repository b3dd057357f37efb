// What librdkafka 2.3 added to describe topics, found at run time: nothing newer than 2.0.2 is linked. The functions are
// declared here as 2.3's header does, over types of which only pointers are passed.
#define _GNU_SOURCE
#include "CRdKafkaSupport.h"

#include <dlfcn.h>
#include <string.h>

typedef void *(*of_topic_names)(const char **names, size_t count);
typedef void (*destroy_collection)(void *collection);
typedef void (*describe_topics)(rd_kafka_t *client, const void *collection, const void *options, rd_kafka_queue_t *queue);
typedef const void *(*describe_result)(rd_kafka_event_t *event);
typedef const void **(*result_topics)(const void *result, size_t *count);
typedef const void *(*topic_error)(const void *description);
typedef const void *(*topic_uuid)(const void *description);
typedef const char *(*uuid_text)(const void *uuid);
typedef int64_t (*uuid_bits)(const void *uuid);

#define FIND(type, name) type name = (type)dlsym(RTLD_DEFAULT, "rd_kafka_" #name)

int afm_kafka_topic_id(rd_kafka_t *client, const char *topic, int milliseconds, char *id, size_t size) {
  FIND(of_topic_names, TopicCollection_of_topic_names);
  FIND(destroy_collection, TopicCollection_destroy);
  FIND(describe_topics, DescribeTopics);
  FIND(describe_result, event_DescribeTopics_result);
  FIND(result_topics, DescribeTopics_result_topics);
  FIND(topic_error, TopicDescription_error);
  FIND(topic_uuid, TopicDescription_topic_id);
  FIND(uuid_text, Uuid_base64str);
  FIND(uuid_bits, Uuid_most_significant_bits);
  FIND(uuid_bits, Uuid_least_significant_bits);
  if (!TopicCollection_of_topic_names || !TopicCollection_destroy || !DescribeTopics || !event_DescribeTopics_result ||
      !DescribeTopics_result_topics || !TopicDescription_error || !TopicDescription_topic_id || !Uuid_base64str ||
      !Uuid_most_significant_bits || !Uuid_least_significant_bits)
    return 0;
  // Topics are described in 2.3 and newer, the options of 2.0.2 do not know that: ANY fits all requests.
  rd_kafka_AdminOptions_t *options = rd_kafka_AdminOptions_new(client, RD_KAFKA_ADMIN_OP_ANY);
  char reason[128];
  if (options) rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, reason, sizeof reason);
  void *collection = TopicCollection_of_topic_names(&topic, 1);
  rd_kafka_queue_t *queue = rd_kafka_queue_new(client);
  DescribeTopics(client, collection, options, queue);
  // The request times out by itself, so that an answer always comes before the queue goes.
  rd_kafka_event_t *event = rd_kafka_queue_poll(queue, milliseconds + 1000);
  int found = 0;
  const void *result = event && !rd_kafka_event_error(event) ? event_DescribeTopics_result(event) : NULL;
  size_t count = 0;
  const void **topics = result ? DescribeTopics_result_topics(result, &count) : NULL;
  if (topics && count == 1 && rd_kafka_error_code(TopicDescription_error(topics[0])) == RD_KAFKA_RESP_ERR_NO_ERROR) {
    const void *uuid = TopicDescription_topic_id(topics[0]);
    const char *text = uuid ? Uuid_base64str(uuid) : NULL;
    // Brokers before 2.8 have no ids, and give zeros.
    int is_given = uuid && (Uuid_most_significant_bits(uuid) != 0 || Uuid_least_significant_bits(uuid) != 0);
    if (text && is_given && strlen(text) < size) {
      strcpy(id, text);
      found = 1;
    }
  }
  if (event) rd_kafka_event_destroy(event);
  rd_kafka_queue_destroy(queue);
  TopicCollection_destroy(collection);
  if (options) rd_kafka_AdminOptions_destroy(options);
  return found;
}
