using System.Net;
using System.Runtime.CompilerServices;
using Media.Native.Net;

namespace Benchmarks;

/// <summary>A phone: RTP in the clear, whose packets were encoded beforehand.</summary>
internal sealed class PhoneEnd(CostOptions options, UdpSocket socket) : IDisposable
{
    private readonly byte[] _sending = new byte[2048];
    private readonly SpeechFormat _format = SpeechFormat.Of(options.PhoneCodec);
    private volatile StrongBox<UdpAddress> _server = new();
    private byte _payloadType;
    private volatile bool _isConnected;

    public UdpSocket Socket => socket;

    public bool IsConnected => _isConnected;

    /// <summary>The answer to an offer; the phone talks to where the offer came from.</summary>
    public string Answer(string offer)
    {
        var lines = offer.Split("\r\n");
        var media = lines.First(line => line.StartsWith("m=audio ", StringComparison.Ordinal)).Split(' ');
        var mapping = lines.FirstOrDefault(line => line.EndsWith(" " + _format.Encoding, StringComparison.OrdinalIgnoreCase));
        _payloadType = mapping is null ? _format.PayloadType : byte.Parse(mapping["a=rtpmap:".Length..mapping.IndexOf(' ')]);
        _server = new(UdpAddress.From(new IPEndPoint(IPAddress.Loopback, int.Parse(media[1]))));
        _isConnected = true;
        return string.Join("\r\n",
        [
            "v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", $"m=audio {socket.Local.Port} RTP/AVP {_payloadType}",
            $"a=rtpmap:{_payloadType} {_format.Encoding}", "a=ptime:20", "a=sendrecv", "",
        ]);
    }

    public void Send(ReadOnlySpan<byte> speech, int frame) =>
        socket.Send(_sending.AsSpan(0, _format.Write(_sending, speech, _payloadType, frame)), _server.Value);

    public void Dispose() => socket.Dispose();
}
