using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Gateway.Sip.Transactions;
using Media.Engine;
using Media.Engine.Codecs;
using Media.Native;
using Media.Native.Checks;

namespace Gateway.Worker.Configuration;

/// <summary>
/// The faults that would make a start fail although the configuration is consistent: connection strings, addresses of this host, files,
/// folders and libraries. One sentence each. Nothing is changed, and no other host is contacted.
/// </summary>
internal static class StartChecks
{
    /// <summary>All faults. Addresses are not tried while this node runs: it uses them itself then.</summary>
    public static IReadOnlyList<string> Check(GatewayOptions options, TimeProvider time) =>
    [
        .. StoreChecks.Check(options.Storage),
        .. Certificates(options),
        .. SpoolChecks.Folder(options.SpoolFolder()),
        .. Libraries(options.Media.Opus.Implementation, time),
        .. SpoolChecks.IsHeld(options.SpoolFolder()) ? [] : Listeners(options),
    ];

    private static IEnumerable<string> Certificates(GatewayOptions options)
    {
        if (options.Sip.Tls is not { } tls)
            yield break;
        if (tls.CertificatePath is { } certificate
            && Fault(() => X509Certificate2.CreateFromPemFile(certificate, tls.KeyPath).Dispose()) is { } fault)
            yield return $"sip.tls.certificatePath, sip.tls.keyPath: {fault}";
        if (tls.AuthorityPath is { } authority && Fault(() => new X509Certificate2Collection().ImportFromPemFile(authority)) is { } other)
            yield return $"sip.tls.authorityPath: {other}";
    }

    private static IEnumerable<string> Libraries(OpusImplementation opus, TimeProvider time)
    {
        string?[] faults = [NativeLibraries.CheckOpenSsl(time).Error, OpusCodecs.Choose(opus).Error];
        return faults.OfType<string>();
    }

    private static IEnumerable<string> Listeners(GatewayOptions options)
    {
        List<(string Key, IPEndPoint EndPoint, bool IsUdp)> wanted =
        [
            ("http.listen", HttpListeners.EndPointOf(options.Http.Listen), false),
            ("http.operations", HttpListeners.EndPointOf(options.Http.Operations), false),
        ];
        foreach (var text in options.Sip.Listen)
            if (SipAddresses.TryParseListener(text, out var listener))
                wanted.Add(($"sip.listen '{text}'", listener.Bind, listener.Transport == SipTransport.Udp));
        wanted.AddRange(options.Media.WhatsApp.Bindings.Select(
            one => ("media.whatsApp.bindings", new IPEndPoint(IPAddress.Parse(one.Bind), options.Media.WhatsApp.Port), true)));
        wanted.AddRange(
            options.Media.Pbx.Bindings.Select(one => ("media.pbx.bindings", new IPEndPoint(IPAddress.Parse(one.Bind), 0), true)));
        foreach (var (key, endPoint, isUdp) in wanted)
            if (Fault(endPoint, isUdp) is { } fault)
                yield return $"{key}: {endPoint} {fault}";
    }

    private static string? Fault(IPEndPoint endPoint, bool isUdp)
    {
        try
        {
            using var socket = new Socket(
                endPoint.AddressFamily, isUdp ? SocketType.Dgram : SocketType.Stream, isUdp ? ProtocolType.Udp : ProtocolType.Tcp);
            if (!isUdp)
                // connections that have just ended are ignored
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
            socket.Bind(endPoint);
            if (!isUdp)
                socket.Listen(1);
            return null;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode switch
            {
                SocketError.AddressAlreadyInUse => "is in use by another program.",
                SocketError.AddressNotAvailable => "is not an address of this host.",
                SocketError.AddressFamilyNotSupported => "is an IPv6 address, and this kernel has no IPv6: use an IPv4 address.",
                SocketError.AccessDenied => "is not allowed to this user (ports below 1024 need CAP_NET_BIND_SERVICE).",
                _ => $"cannot be bound: {e.Message}.",
            };
        }
    }

    private static string? Fault(Action load)
    {
        try
        {
            load();
            return null;
        }
        catch (Exception e) when (e is CryptographicException or IOException or UnauthorizedAccessException or ArgumentException)
        {
            return e.Message;
        }
    }
}
