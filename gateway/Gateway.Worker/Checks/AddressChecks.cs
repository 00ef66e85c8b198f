using System.Net;
using System.Net.NetworkInformation;
using System.Net.Sockets;
using Gateway.Sip.Trunks;
using Media.Engine;
using Media.Protocols.Primitives;
using Media.Protocols.Stun;

namespace Gateway.Worker.Checks;

/// <summary>
/// Holds the addresses that WhatsApp is told for media against those of this host, and, where a STUN server is named, against the one that
/// the Internet sees (RFC 8489).
/// </summary>
internal static class AddressChecks
{
    private const int Tries = 3;

    private const string Key = "media.whatsApp.bindings[].advertise";

    /// <param name="whatsApp">The bindings.</param>
    /// <param name="stun">"stun.example.com:3478"; null: none is asked.</param>
    /// <param name="isEmulated">WhatsApp is emulated on this host, and reaches whatever the host reaches.</param>
    /// <param name="cancellation">Ends the waiting.</param>
    public static async Task<IReadOnlyList<CheckLine>> FindAsync(
        WhatsAppSideOptions whatsApp, string? stun, bool isEmulated, CancellationToken cancellation)
    {
        if (isEmulated)
            return [CheckLine.Ok("public address", "WhatsApp is emulated on this host")];
        var seen = stun is null ? null : await AskAsync(stun, whatsApp, cancellation);
        var own = OwnAddresses();
        var lines = new List<CheckLine>();
        foreach (var binding in whatsApp.Bindings)
            foreach (var text in binding.Advertise.DefaultIfEmpty(binding.Bind))
                lines.Add(Line(IPAddress.Parse(text), own, seen, stun));
        if (stun is not null && seen is null)
            lines.Add(CheckLine.Warning(
                "public address", $"{stun} does not answer", "name another STUN server, or see whether UDP leaves this host"));
        return lines;
    }

    private static CheckLine Line(IPAddress advertised, HashSet<IPAddress> own, IPAddress? seen, string? stun)
    {
        const string Subject = "public address";
        if (IPAddress.IsLoopback(advertised) || advertised.Equals(IPAddress.Any) || advertised.Equals(IPAddress.IPv6Any))
            return CheckLine.Wrong(
                Subject, $"{advertised} is advertised, which WhatsApp cannot reach", $"name this host's public address in {Key}");
        if (seen is not null && seen.AddressFamily == advertised.AddressFamily)
            return seen.Equals(advertised)
                ? CheckLine.Ok(Subject, $"{advertised}, as {stun} sees it")
                : CheckLine.Wrong(Subject, $"{advertised} is advertised, and {stun} sees {seen}", $"name {seen} in {Key}");
        if (AddressScope.IsPrivate(advertised))
            return CheckLine.Wrong(
                Subject, $"{advertised} is advertised, a private address that WhatsApp cannot reach", $"name the public one in {Key}");
        return own.Contains(advertised)
            ? CheckLine.Ok(Subject, $"{advertised} is an address of this host")
            : CheckLine.Warning(
                Subject, $"{advertised} is none of this host's addresses",
                "right behind a 1:1 NAT; check --connect --stun SERVER:PORT asks what the Internet sees");
    }

    private static HashSet<IPAddress> OwnAddresses() =>
        [.. NetworkInterface.GetAllNetworkInterfaces().SelectMany(one => one.GetIPProperties().UnicastAddresses)
            .Select(one => one.Address)];

    /// <summary>The address that the server sees a binding of ours at; null without an answer.</summary>
    private static async Task<IPAddress?> AskAsync(string server, WhatsAppSideOptions whatsApp, CancellationToken cancellation)
    {
        try
        {
            var colon = server.LastIndexOf(':');
            var (host, port) = colon > 0 ? (server[..colon].Trim('[', ']'), int.Parse(server[(colon + 1)..])) : (server, 3478);
            var bind = IPAddress.Parse(whatsApp.Bindings[0].Bind);
            var address = (await Dns.GetHostAddressesAsync(host, cancellation)).First(one => one.AddressFamily == bind.AddressFamily);
            using var socket = new Socket(bind.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
            socket.Bind(new IPEndPoint(bind, 0));
            for (var i = 0; i < Tries; i++)
                if (await AskOnceAsync(socket, new IPEndPoint(address, port), cancellation) is { } seen)
                    return seen;
        }
        catch (Exception e) when (e is SocketException or FormatException or InvalidOperationException or OperationCanceledException)
        {
            // as without an answer
        }
        return null;
    }

    private static async Task<IPAddress?> AskOnceAsync(Socket socket, IPEndPoint server, CancellationToken cancellation)
    {
        var transaction = StunTransactionId.Next(SystemEntropy.Instance);
        var buffer = new byte[StunReader.MaxLength];
        await socket.SendToAsync(buffer.AsMemory(0, Request(buffer, transaction)), server, cancellation);
        using var second = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        second.CancelAfter(TimeSpan.FromSeconds(1));
        try
        {
            var answer = await socket.ReceiveFromAsync(buffer, server, second.Token);
            return Read(buffer.AsSpan(0, answer.ReceivedBytes), transaction);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return null;
        }
    }

    private static int Request(Span<byte> buffer, StunTransactionId transaction)
    {
        var request = new StunWriter(buffer, StunClass.Request, transaction);
        request.TryFinish(out var length);
        return length;
    }

    private static IPAddress? Read(ReadOnlySpan<byte> datagram, StunTransactionId transaction) =>
        StunReader.TryRead(datagram, out var message, out _) && message.Class == StunClass.Success && message.TransactionId == transaction
            ? message.XorMappedAddress?.ToIPAddress() : null;
}
