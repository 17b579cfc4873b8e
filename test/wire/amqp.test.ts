/** Messages over a real broker: what each outcome of a send means, and that no message is lost or doubled unnoticed. */

import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { connect as connectTcp } from 'node:net';
import { expect } from 'chai';
import { connect } from 'amqplib';
import { sha256 } from '../../gateway/model/digest.ts';
import { openAmqp, probeBroker, type AmqpLink, type AmqpOptions, type Delivery, type Route } from '../../gateway/wire/amqp.ts';
import { deadQueueName, deliveryLimit, queueName, queueSettings } from '../../gateway/wire/amqp-names.ts';
import { makeLog } from '../../gateway/wire/log.ts';
