using System.Text;
using Gateway.Sip.Messages;
using Gateway.Sip.Transactions;
using Media.Protocols.Primitives;

namespace Gateway.Sip.Trunks;

/// <summary>
/// One text to a user of a trunk's PBX (MESSAGE, RFC 3428), outside any call: challenges are answered, and a server that does not answer is
/// left for the next. Pure; owned by the endpoint's loop.
/// </summary>
/// <param name="agent">What it has in common with everything else that is sent.</param>
/// <param name="trunk">Where the user is.</param>
/// <param name="user">User part of the Request-URI.</param>
/// <param name="text">At most <see cref="MaxBytes"/>.</param>
/// <param name="done">Passed the final status, once.</param>
public sealed class TextMessage(UserAgentCore agent, Trunk trunk, string user, string text, Action<int> done) : IClientTransactionUser
{
    /// <summary>Of UTF-8: RFC 3428 §8 lets a MESSAGE have 1300 bytes, its headers among them.</summary>
    public const int MaxBytes = 700;

    private readonly string _callId = agent.Entropy.NextHex(32);
    private readonly string _tag = agent.Entropy.NextHex(16);
    private readonly byte[] _body = Encoding.UTF8.GetBytes(text);
    private Queue<SipFlow> _targets = [];

    /// <summary>Where the user's phone is; null: at the trunk's servers.</summary>
    public TextTarget? Target { get; init; }

    private uint _sequence;

    /// <summary>513 at once for a text that is too long, 503 where the trunk has no server.</summary>
    public void Send(Instant now)
    {
        _targets = new Queue<SipFlow>(Target is { } target ? [target.Flow] : trunk.OrderTargets(now));
        if (_body.Length > MaxBytes)
            done(513);
        else
            SendToNext(503, now);
    }

    void IClientTransactionUser.HandleResponse(ClientTransaction transaction, SipResponse response, Instant now)
    {
        if (response.IsProvisional)
            return;
        trunk.TakeNextNonce(transaction.Request, response);
        if (response.StatusCode is 401 or 407 && trunk.Authorize(transaction.Request, response) is { } again)
        {
            again.Headers["CSeq"] = new CSeq(++_sequence, SipMethod.Message).ToString();
            agent.Layer.Clients.Send(again, transaction.Flow, this, now, trunk.Options.RequestTimeout);
        }
        else if (response.StatusCode == 503)
            SendToNext(503, now); // RFC 3261 §21.5.4
        else
            done(response.StatusCode);
    }

    void IClientTransactionUser.HandleFailure(ClientTransaction transaction, TransactionFailure failure, Instant now)
    {
        trunk.MarkFailed(transaction.Flow, now);
        SendToNext(failure == TransactionFailure.Timeout ? 408 : 503, now); // RFC 3261 §8.1.3.1
    }

    /// <param name="otherwise">The status where no server is left.</param>
    /// <param name="now">The time.</param>
    private void SendToNext(int otherwise, Instant now)
    {
        if (!_targets.TryDequeue(out var flow))
        {
            done(otherwise);
            return;
        }
        var uri = SipUri.Create(user, trunk.RequestHost);
        var host = trunk.Account is null ? agent.Local.AdvertisedTo(flow) : new HostPort(trunk.Domain);
        var request = new SipRequest(SipMethod.Message, Target?.Uri ?? uri);
        request.Headers.Add("Max-Forwards", "70");
        foreach (var hop in Target?.Route ?? [])
            request.Headers.Add("Route", hop.ToString()); // RFC 3327 §5.1
        request.Headers.Add("From", new NameAddr(SipUri.Create(trunk.Account, host)).WithTag(_tag).ToString());
        request.Headers.Add("To", new NameAddr(uri).ToString());
        request.Headers.Add("Call-ID", _callId);
        request.Headers.Add("CSeq", new CSeq(++_sequence, SipMethod.Message).ToString());
        agent.AddCommonHeaders(request);
        request.SetBody(_body, "text/plain;charset=UTF-8");
        trunk.AuthorizeAhead(request);
        agent.Layer.Clients.Send(request, flow, this, now, trunk.Options.RequestTimeout);
    }
}

/// <summary>A phone that is reached by the path that it registered by.</summary>
/// <param name="Flow">That path.</param>
/// <param name="Uri">The Request-URI.</param>
/// <param name="Route">The Route of the request.</param>
public sealed record TextTarget(SipFlow Flow, SipUri Uri, IReadOnlyList<NameAddr> Route);
