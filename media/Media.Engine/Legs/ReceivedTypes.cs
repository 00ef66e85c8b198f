using System.Runtime.CompilerServices;
using Media.Protocols.Sdp;

namespace Media.Engine.Legs;

/// <summary>
/// The meaning of each payload type that a peer may send: all that we can decode of what was ever named, whatever was chosen of it. Numbers
/// that nobody named mean what RFC 3551 §6 says.
/// </summary>
internal sealed class ReceivedTypes
{
    private enum Use : byte
    {
        Unknown,
        Audio,
        TelephoneEvent,
        ComfortNoise,
    }

    private readonly record struct Meaning(Use Use, AudioCodec Codec, int ClockRate);

    private Meanings _meanings;

    /// <summary>Replaces what was known by one exchange's outcome.</summary>
    /// <param name="codecs">Agreed audio.</param>
    /// <param name="telephoneEvent">Agreed events; null: none are sent.</param>
    /// <param name="named">Everything that was named.</param>
    public void Learn(IReadOnlyList<AgreedCodec> codecs, AgreedTelephoneEvent? telephoneEvent, IReadOnlyList<RtpMap> named)
    {
        _meanings = default;
        // some senders use it without having negotiated it
        _meanings[ComfortNoise.PayloadType] = new Meaning(Use.ComfortNoise, default, 8000);
        for (byte type = 0; type < Meanings.Count; type++)
            if (RtpMap.Static(type) is { } known)
                Name(known);
        foreach (var map in named)
            Name(map);
        // RFC 3264 §6.1: who answers with numbers of its own must still send with the offer's. Some send with their own: our numbers win.
        if (telephoneEvent is { } events)
            _meanings[events.SendPayloadType] = new Meaning(Use.TelephoneEvent, default, events.ClockRate);
        foreach (var codec in codecs)
            _meanings[codec.SendPayloadType] = new Meaning(Use.Audio, codec.Codec, codec.Codec.ClockRate());
        foreach (var codec in codecs)
            _meanings[codec.ReceivePayloadType] = new Meaning(Use.Audio, codec.Codec, codec.Codec.ClockRate());
        if (telephoneEvent is { } own)
            _meanings[own.ReceivePayloadType] = new Meaning(Use.TelephoneEvent, default, own.ClockRate);
    }

    public bool IsKnown(byte payloadType) => _meanings[payloadType].Use != Use.Unknown;

    public bool TryGetCodec(byte payloadType, out AudioCodec codec)
    {
        var meaning = _meanings[payloadType];
        codec = meaning.Codec;
        return meaning.Use == Use.Audio;
    }

    /// <param name="payloadType">0 … 127.</param>
    /// <param name="clockRate">What the event's durations count in.</param>
    public bool TryGetTelephoneEvent(byte payloadType, out int clockRate)
    {
        var meaning = _meanings[payloadType];
        clockRate = meaning.ClockRate;
        return meaning.Use == Use.TelephoneEvent;
    }

    private void Name(RtpMap map) => _meanings[map.PayloadType] = map switch
    {
        { Codec: { } codec } => new Meaning(Use.Audio, codec, codec.ClockRate()),
        { IsTelephoneEvent: true } => new Meaning(Use.TelephoneEvent, default, map.ClockRate),
        _ when map.Encoding.Equals("CN", StringComparison.OrdinalIgnoreCase) => new Meaning(Use.ComfortNoise, default, map.ClockRate),
        _ => default,
    };

    /// <summary>Payload types have 7 bits.</summary>
    [InlineArray(Count)]
    private struct Meanings
    {
        public const int Count = 128;

        private Meaning _first;
    }
}
