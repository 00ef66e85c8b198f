using Gateway.Sip.Auth;
using Gateway.Sip.Messages;
using Gateway.Sip.Registrar;
using Gateway.Sip.Tests.Dialogs;
using Gateway.Sip.Transactions;
using Gateway.Sip.Trunks;
using Testing;

namespace Gateway.Sip.Tests.Registrar;

/// <summary>A gateway in virtual time at which phones register; it knows alice and bob.</summary>
internal sealed class RegistrarBench
{
    public const string Realm = "phones.example";
    public const string Password = "open sesame";

    public RegistrarBench(Func<RegistrarOptions, RegistrarOptions>? change = null, SipTransport transport = SipTransport.Udp)
    {
        var options = new RegistrarOptions { Realm = Realm, Credentials = new NoStore() };
        Wire = new SipBench(transport: transport);
        Gateway = Wire.AddAgent("10.0.0.1:5060", SipBench.Trunk("10.0.0.9:5060"), SipBench.Trunk("phones") with
        {
            Server = Realm, Registrar = change is null ? options : change(options),
        });
        Gateway.Secrets!["alice"] = new DigestSecrets { Password = Password };
        Gateway.Secrets["bob"] = new DigestSecrets
        {
            Md5 = DigestHash.Secret(DigestAlgorithm.Md5, "bob", Realm, Password),
            Sha256 = DigestHash.Secret(DigestAlgorithm.Sha256, "bob", Realm, Password),
        };
    }

    public SipBench Wire { get; }

    public TestAgent Gateway { get; }

    public SipRegistrar Registrar => Gateway.Agent.Registrar!;

    public Registrations Contacts => Registrar.Contacts;

    public BenchPhone Phone(string address, string user = "alice", string password = Password) => new(this, address, user, password);

    /// <summary>The news since the last look.</summary>
    public IReadOnlyList<PhoneChange> Changes()
    {
        List<PhoneChange> changes = [];
        while (Contacts.TryPollChange(out var change))
            changes.Add(change);
        return changes;
    }

    /// <summary>The bench answers in the store's place.</summary>
    private sealed class NoStore : IPhoneCredentials
    {
        public ValueTask<DigestSecrets?> FindAsync(string user, string realm, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }
}

/// <summary>A phone whose requests a test writes; it answers challenges.</summary>
internal sealed class BenchPhone(RegistrarBench bench, string address, string user, string password)
{
    private readonly DigestClient _digest = new(new SipCredentials(user, password), new SeededEntropy(7));
    private uint _sequence;
    private int _branch;

    public ScriptedPeer Peer { get; } = bench.Wire.AddPeer(address);

    public string Contact { get; set; } = $"<sip:{user}@192.168.1.7:5062>";

    /// <summary>Registers, answering one challenge; the last response.</summary>
    public SipResponse Register(int? expires = 600, params (string Name, string Value)[] headers) =>
        Ask(Request("REGISTER", [.. headers, .. Contact.Length > 0 ? [("Contact", Contact)] : Array.Empty<(string, string)>(),
            .. expires is { } seconds ? [("Expires", $"{seconds}")] : Array.Empty<(string, string)>()]));

    /// <summary>A request without credentials unless it was challenged before.</summary>
    public SipRequest Request(string method, params (string Name, string Value)[] headers)
    {
        var request = new SipRequest(new SipMethod(method), SipUri.Create(method == "REGISTER" ? null : "100", new HostPort("gw.example")));
        request.Headers.Add("Max-Forwards", "70");
        request.Headers.Add("From", $"<sip:{user}@{RegistrarBench.Realm}>;tag={user}");
        request.Headers.Add("To", method == "REGISTER" ? $"<sip:{user}@{RegistrarBench.Realm}>" : "<sip:100@gw.example>");
        request.Headers.Add("Call-ID", $"{method}-{user}-{address}");
        request.Headers.Add("CSeq", $"{++_sequence} {method}");
        foreach (var (name, value) in headers)
        {
            if (name is "To" or "Call-ID" or "CSeq")
                request.Headers[name] = value;
            else
                request.Headers.Add(name, value);
        }
        return request;
    }

    /// <summary>Sends it, answering one challenge; the last response.</summary>
    public SipResponse Ask(SipRequest request)
    {
        var response = Send(request);
        if (response.StatusCode != 401)
            return response;
        var again = new SipRequest(request.Method, request.Uri) { Headers = request.Headers.Clone() };
        again.Headers.RemoveFirst("Via");
        if (_digest.Answer(response, again) != DigestOutcome.Answered)
            return response;
        if (again.CSeq.Number == _sequence)
            again.Headers["CSeq"] = $"{++_sequence} {request.Method}";
        return Send(again);
    }

    /// <summary>Sends it as it is, and waits a moment; the last response.</summary>
    public SipResponse Send(SipRequest request)
    {
        request.Headers.Prepend("Via", $"SIP/2.0/{bench.Wire.Transport.ToString().ToUpperInvariant()} 192.168.1.7:5062;"
            + $"branch=z9hG4bK{user}{address}{++_branch}");
        bench.Wire.Send(Peer.Address, bench.Gateway.Address, SipWriter.Write(request));
        bench.Wire.Run();
        return Peer.LastResponse;
    }
}
