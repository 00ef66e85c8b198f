namespace Media.Protocols.Sdp;

/// <summary>
/// A codec both ends agreed on. The two payload types differ only when a peer answers our offer with numbers of its own (RFC 3264 §6.1).
/// </summary>
public readonly record struct AgreedCodec(AudioCodec Codec, byte SendPayloadType, byte ReceivePayloadType);

/// <summary>Telephone-events (RFC 4733) as agreed; <paramref name="ClockRate"/> is the unit of their durations.</summary>
public readonly record struct AgreedTelephoneEvent(byte SendPayloadType, byte ReceivePayloadType, int ClockRate);
