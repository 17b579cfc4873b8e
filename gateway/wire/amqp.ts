/** To and from partners over an AMQP 0-9-1 broker: confirmed publishing, acknowledged consuming, and recovery of both. */

import { connect } from 'amqplib';
import type { Channel, ChannelModel, RecoveringChannelModel } from 'amqplib';
import { GatewayError } from '../model/errors.ts';
import { assertExchange, exchangeName, queueName } from './amqp-topology.ts';
import type { Route } from './amqp-topology.ts';
import { makeConsumer } from './amqp-consumer.ts';
import type { AmqpConsumer, ConsumeOptions, DeliveryHandler } from './amqp-consumer.ts';
import { makePublisher } from './amqp-publisher.ts';
