using Gateway.Calls;
using Media.Protocols.Sdp;

namespace Gateway.Worker.Legs;

/// <summary>Says in one sentence what a PBX's description lacked, for its Warning header and its administrator's eyes.</summary>
internal static class SdpWarnings
{
    /// <summary>RFC 3261 §20.43.</summary>
    private const int AddressFormat = 301, TransportProtocol = 302, MediaType = 304, MediaFormat = 305, Attribute = 306, Description = 307, Other = 399;

    /// <summary>Null when the description was not why.</summary>
    public static MediaWarning? Of(SdpError error) => error switch
    {
        SdpError.None => null,
        SdpError.NoCommonCodec or SdpError.NoOpus => new(MediaFormat, "No common audio format"),
        SdpError.NoAudio => new(MediaType, "No audio is offered"),
        SdpError.AudioRefused => new(MediaType, "The audio was refused"),
        SdpError.MediaLineMismatch => new(MediaType, "The answer has no audio"),
        SdpError.OtherAddressFamily => new(AddressFormat, "The audio address is of an IP version that is not served here"),
        SdpError.NoConnection => new(Description, "The audio has no address: c= is missing or cannot be read"),
        SdpError.UnresolvedName => new(Other, "The host name in c= cannot be resolved"),
        SdpError.UnusableAddress => new(AddressFormat, "The audio address is no address of one host"),
        SdpError.UnsupportedTransport => new(TransportProtocol, "The audio transport is not RTP/AVP or RTP/SAVP"),
        SdpError.SrtpRequired => new(Attribute, "Encryption is required here: a=crypto is missing"),
        SdpError.SrtpForbidden => new(TransportProtocol, "Encryption is turned off here: RTP/SAVP is not taken"),
        SdpError.NoUsableCrypto => new(Attribute, "No a=crypto line can be used: its suite, key or parameters are not supported"),
        SdpError.CryptoMismatch => new(Attribute, "The answer's a=crypto does not belong to the offer"),
        SdpError.MalformedMedia => new(Description, "The m= line of the audio cannot be read"),
        SdpError.MalformedVersion => new(Description, "The description is of another version than 0"),
        SdpError.Empty or SdpError.MalformedLine => new(Description, "The body is no session description"),
        SdpError.TooLong or SdpError.TooManyLines or SdpError.TooManyMedia => new(Description, "The description is too long"),
        _ => new(Other, "The description was refused"),
    };
}
