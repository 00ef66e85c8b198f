using System.Net;
using Testing.Peers;

namespace Faults.Peers;

/// <summary>One dialog as the phone knows that it rings, or that dials. Under the lock of the phones.</summary>
internal sealed class PhoneLeg : IDisposable
{
    private readonly TaskCompletionSource _byeAnswered = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly string _local;
    private string _remote;

    private PhoneLeg(
        string id, (string Phone, string User) who, (string Local, string Remote) parties, (IPEndPoint At, string Target) peer,
        PhoneAudio audio) =>
        (Id, (Phone, User), (_local, _remote), (Peer, Target), Audio) = (id, who, parties, peer, audio);

    public string Id { get; }

    /// <summary>The extension.</summary>
    public string Phone { get; }

    /// <summary>The WhatsApp user who calls, or is called.</summary>
    public string User { get; }

    /// <summary>The INVITE that came; null: the phone has sent it.</summary>
    public SipMessageText? Invite { get; private init; }

    public PhoneAudio Audio { get; }

    /// <summary>Where the node that has it was last heard from.</summary>
    public IPEndPoint Peer { get; set; }

    /// <summary>The Contact to which requests go.</summary>
    public string Target { get; set; }

    /// <summary>The last response to the INVITE, sent again when the INVITE is; of a phone that dials, its ACK.</summary>
    public string Last { get; set; } = "";

    /// <summary>A response to the phone's INVITE has come.</summary>
    public bool IsAnswered { get; set; }

    public bool IsPickedUp { get; set; }

    public bool IsAcknowledged { get; set; }

    public bool IsOver { get; set; }

    public bool IsTalking => IsPickedUp && !IsOver;

    /// <summary>Completes when the gateway has answered the phone's BYE.</summary>
    public Task ByeAnswered => _byeAnswered.Task;

    /// <summary>A phone that rings.</summary>
    public static PhoneLeg Rung(SipMessageText invite, IPEndPoint from, PhoneAudio audio)
    {
        var phone = invite.StartLine.Split(' ')[1].Split(':', '@')[1];
        var user = invite["X-WhatsApp-User-Phone"].TrimStart('+');
        return new PhoneLeg(
            invite["Call-ID"], (phone, user), ($"{invite["To"]};tag={NewTag()}", invite["From"]), (from, UriIn(invite["Contact"])), audio)
        {
            Invite = invite,
        };
    }

    /// <summary>A phone that dials a user at a node.</summary>
    public static PhoneLeg Dialling(string phone, string user, IPEndPoint node, PhoneAudio audio)
    {
        var target = $"sip:+{user}@{node}";
        return new PhoneLeg(
            Guid.NewGuid().ToString("n"), (phone, user), ($"<sip:{phone}@127.0.0.1>;tag={NewTag()}", $"<{target}>"), (node, target), audio);
    }

    public void TakeByeAnswer() => _byeAnswered.TrySetResult();

    /// <summary>The user has answered: from now on requests go to the gateway's Contact.</summary>
    public void TakeAnswer(SipMessageText response) => (_remote, Target) = (response["To"], UriIn(response["Contact"]));

    /// <summary>The response to a request of the gateway in this dialog.</summary>
    /// <param name="request">The INVITE, or a later request.</param>
    /// <param name="status">Code and phrase.</param>
    /// <param name="contact">The phone's port.</param>
    /// <param name="sdp">The body; null: none.</param>
    public string Respond(SipMessageText request, string status, int contact, string? sdp = null)
    {
        var to = request["To"];
        return string.Join("\r\n",
        [
            $"SIP/2.0 {status}", .. request.All("Via"), .. request.All("Record-Route"), $"From: {request["From"]}",
            $"To: {(to.Contains(";tag=", StringComparison.Ordinal) ? to : _local)}", $"Call-ID: {Id}",
            $"CSeq: {request["CSeq"]}", $"Contact: <sip:{Phone}@127.0.0.1:{contact}>",
            .. sdp is null ? [] : new[] { "Content-Type: application/sdp" }, $"Content-Length: {sdp?.Length ?? 0}", "", sdp ?? "",
        ]);
    }

    /// <summary>A request of the phone's: INVITE, and its ACK and CANCEL, or BYE.</summary>
    /// <param name="method">Which.</param>
    /// <param name="contact">The phone's port.</param>
    /// <param name="to">The To header of the response that an ACK is for; null: that of the dialog.</param>
    /// <param name="isOfInvite">In the transaction of the INVITE: its CANCEL, and the ACK of a refusal.</param>
    public string Request(string method, int contact, string? to = null, bool isOfInvite = false)
    {
        var branch = method == "INVITE" || isOfInvite ? "invite" : method;
        var sdp = method == "INVITE" ? Audio.Sdp : "";
        return string.Join("\r\n",
        [
            $"{method} {Target} SIP/2.0", $"Via: SIP/2.0/UDP 127.0.0.1:{contact};branch=z9hG4bK{Id}{branch};rport", "Max-Forwards: 70",
            $"From: {_local}", $"To: {to ?? _remote}", $"Call-ID: {Id}", $"CSeq: {(method == "BYE" ? 2 : 1)} {method}",
            $"Contact: <sip:{Phone}@127.0.0.1:{contact}>", .. sdp.Length == 0 ? [] : new[] { "Content-Type: application/sdp" },
            $"Content-Length: {sdp.Length}", "", sdp,
        ]);
    }

    public void Dispose() => Audio.Dispose();

    private static string NewTag() => Guid.NewGuid().ToString("n")[..8];

    private static string UriIn(string contact) => contact.Split('<', '>')[1];
}
