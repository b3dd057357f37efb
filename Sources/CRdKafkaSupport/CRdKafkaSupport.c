#include "CRdKafkaSupport.h"
