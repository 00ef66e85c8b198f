using Gateway.Sip.Messages;
using Gateway.Sip.Profiles;
using Gateway.Sip.Transactions;

namespace Gateway.Sip.Dialogs;

/// <summary>
/// Writes the INVITE of a call we place, again and again as the peer wants it: with credentials, a longer session, another target.
/// </summary>
internal sealed class OutgoingInviteWriter(SessionCore session, SipInviteRequest call)
{
    private static readonly string[] CredentialHeaders = ["Authorization", "Proxy-Authorization"];

    private uint _sessionExpires = session.Trunk.SessionExpires;
    private uint _minimum;
    private SipUri? _redirected = call.Phone?.Uri;
    private SipRequest? _answeredChallenge;
    private SipRequest? _last;

    /// <summary>The sequence number of the last INVITE written; greater ones belong to the dialog.</summary>
    public uint Sequence { get; private set; }

    /// <summary>The next INVITE, with a sequence number of its own.</summary>
    public SipRequest Create(SipFlow flow)
    {
        var context = session.Context;
        var trunk = session.Trunk;
        var target = call.Target ?? UriOf(new SipParty(call.TargetUser), trunk.RequestHost);
        if (target.HostPort is { Port: 0 } host && host.Host == trunk.RequestHost.Host)
            target = target with { HostPort = trunk.RequestHost }; // the PBX named itself, and knows its trunks by their ports
        var request = new SipRequest(SipMethod.Invite, _redirected ?? target);
        var headers = request.Headers;
        headers.Add("Max-Forwards", $"{(trunk.Profile.MaxForwards > 0 ? trunk.Profile.MaxForwards : 70)}");
        foreach (var hop in call.Phone?.Path ?? [])
            headers.Add("Route", hop.ToString()); // RFC 3327 §5.1
        headers.Add("From", From().WithTag(session.LocalTag).ToString());
        headers.Add("To", new NameAddr(target).ToString());
        headers.Add("Call-ID", session.Info.CallId);
        headers.Add("CSeq", new CSeq(++Sequence, SipMethod.Invite).ToString());
        headers.Add("Contact", session.ContactFor(flow));
        trunk.AddAbilities(request, context.Capabilities);
        if (trunk.Profile.ReliableProvisional == ReliableProvisional.Required)
            headers.Add("Require", "100rel");
        if (_sessionExpires > 0)
            headers.Add(SessionExpires.Name, new SessionExpires(_sessionExpires, Refresher()).ToString());
        if (_minimum > 0)
            headers.Add("Min-SE", $"{_minimum}");
        AddIdentity(headers);
        context.AddCommonHeaders(request);
        foreach (var (name, value) in call.Headers)
        {
            if (SipGrammar.IsToken(name))
                headers.Add(name, value);
        }
        foreach (var line in call.AutoAnswer ? trunk.Profile.AutoAnswer : [])
        {
            if (HeaderLine.TryRead(line, out var header))
                headers.Add(header.Name, header.Value);
        }
        SdpBody.Set(request, call.Sdp);
        AddCredentials(request); // last: they may cover the body
        _last = request;
        return request;
    }

    /// <summary>False: no credentials for this challenge, or they were refused.</summary>
    public bool TryAuthorize(SipRequest request, SipResponse challenge)
    {
        _answeredChallenge = session.Trunk.Authorize(request, challenge);
        return _answeredChallenge is not null;
    }

    /// <summary>RFC 4028 §7.3: ask for what the peer can live with.</summary>
    public bool TryRaiseSessionExpires(SipResponse response)
    {
        if (response.Number("Min-SE") is not { } seconds || seconds <= _minimum)
            return false;
        _minimum = seconds;
        _sessionExpires = Math.Max(_sessionExpires, seconds);
        return true;
    }

    public void Redirect(SipUri target) => _redirected = target;

    /// <summary>The ACK to a 2xx has the credentials of its INVITE (RFC 3261 §22.1).</summary>
    public void CopyCredentials(SipRequest ack)
    {
        foreach (var name in CredentialHeaders)
            ack.Headers.CopyFrom(_last!.Headers, name);
    }

    private void AddCredentials(SipRequest request)
    {
        if (_answeredChallenge is null)
        {
            session.Trunk.AuthorizeAhead(request);
            return;
        }
        foreach (var name in CredentialHeaders)
            request.Headers.CopyFrom(_answeredChallenge.Headers, name);
        request.AnsweredChallenges = _answeredChallenge.AnsweredChallenges;
        _answeredChallenge = null;
    }

    private SessionRefresher Refresher() => session.Trunk.Profile.SessionRefresher switch
    {
        RefreshBy.Us => SessionRefresher.Uac,
        RefreshBy.Them => SessionRefresher.Uas,
        _ => SessionRefresher.Unspecified,
    };

    private NameAddr From()
    {
        var user = session.Trunk is { Profile.FromUser: UserPart.Account, Account: { } account } ? account : call.Caller.User;
        return NameOf(call.Caller with { User = user });
    }

    private void AddIdentity(SipHeaders headers)
    {
        var profile = session.Trunk.Profile;
        if (call.AssertIdentity && profile.IdentityHeader != IdentityHeader.None)
            headers.Add(profile.IdentityHeader == IdentityHeader.RemotePartyId
                ? "Remote-Party-ID"
                : "P-Asserted-Identity", NameOf(call.Caller).ToString());
    }

    private NameAddr NameOf(SipParty party) => new(party.DisplayName, UriOf(party), SipParameters.None);

    /// <summary>Numbers are written as the profile wants them; other users as they are.</summary>
    private SipUri UriOf(SipParty party, HostPort? at = null)
    {
        var profile = session.Trunk.Profile;
        var isNumber = party.User.Length > 1 && party.User[0] == '+' && !party.User.AsSpan(1).ContainsAnyExceptInRange('0', '9');
        var user = isNumber && profile.NumberFormat == NumberFormat.E164 ? party.User[1..] : party.User;
        var uri = SipUri.Create(user.Length == 0 ? null : user, at ?? new HostPort(party.Host ?? session.Trunk.Domain));
        return isNumber && profile.UserPhone ? uri.WithParameter("user", "phone") : uri;
    }
}
