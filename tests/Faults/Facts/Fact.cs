using System.Text.Json.Serialization;

namespace Faults.Facts;

/// <summary>
/// One thing that was seen from outside the gateways: a closed family. A call is named by its user's phone number, since each user calls
/// once; where only Meta's id is known, by that.
/// </summary>
/// <param name="At">When, by the clock of the process that looks.</param>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "fact")]
[JsonDerivedType(typeof(Began), "began")]
[JsonDerivedType(typeof(Disturbed), "disturbed")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(Dialled), "dialled")]
[JsonDerivedType(typeof(Offered), "offered")]
[JsonDerivedType(typeof(Delivered), "delivered")]
[JsonDerivedType(typeof(Acted), "acted")]
[JsonDerivedType(typeof(Talked), "talked")]
[JsonDerivedType(typeof(Over), "over")]
[JsonDerivedType(typeof(Rang), "rang")]
[JsonDerivedType(typeof(PickedUp), "picked_up")]
[JsonDerivedType(typeof(Moved), "moved")]
[JsonDerivedType(typeof(Released), "released")]
[JsonDerivedType(typeof(Silent), "silent")]
[JsonDerivedType(typeof(Indexed), "indexed")]
[JsonDerivedType(typeof(Recorded), "recorded")]
[JsonDerivedType(typeof(Entered), "entered")]
[JsonDerivedType(typeof(Balanced), "balanced")]
[JsonDerivedType(typeof(Remained), "remained")]
public abstract record Fact(DateTimeOffset At)
{
    /// <summary>The run begins.</summary>
    /// <param name="At">When.</param>
    /// <param name="Seed">Of everything that is drawn.</param>
    /// <param name="Nodes">The ids of the gateways.</param>
    /// <param name="TakesOver">Calls of a lost node are expected to go on elsewhere.</param>
    public sealed record Began(DateTimeOffset At, int Seed, IReadOnlyList<string> Nodes, bool TakesOver) : Fact(At);

    /// <summary>A fault, once it is over.</summary>
    /// <param name="At">Its end: a killed node takes calls again, a store answers.</param>
    /// <param name="From">Its beginning.</param>
    /// <param name="Kind">Which.</param>
    /// <param name="Node">The node that suffers; null: a store, and so all nodes.</param>
    public sealed record Disturbed(DateTimeOffset At, DateTimeOffset From, FaultKind Kind, string? Node) : Fact(At);

    /// <summary>A fault could not be done, or not be put right: what comes after it is not what the schedule says.</summary>
    /// <param name="At">When.</param>
    /// <param name="Kind">Which.</param>
    /// <param name="Node">The node that it was meant for; null: a store.</param>
    /// <param name="Why">What was seen.</param>
    public sealed record Failed(DateTimeOffset At, FaultKind Kind, string? Node, string Why) : Fact(At);

    /// <summary>A phone dials a user; the call is offered when WhatsApp has heard of it.</summary>
    public sealed record Dialled(DateTimeOffset At, string Call) : Fact(At);

    /// <summary>A user begins to call the business, or the business a user.</summary>
    public sealed record Offered(DateTimeOffset At, string Call, string WhatsAppId) : Fact(At);

    /// <summary>A webhook was answered by a node.</summary>
    /// <param name="At">When.</param>
    /// <param name="WhatsAppId">Of the call.</param>
    /// <param name="Event">connect, terminate …</param>
    /// <param name="Node">Which.</param>
    /// <param name="Status">Of HTTP.</param>
    public sealed record Delivered(DateTimeOffset At, string WhatsAppId, string Event, string Node, int Status) : Fact(At);

    /// <summary>A Graph action arrived at WhatsApp.</summary>
    /// <param name="At">When.</param>
    /// <param name="Call">Of which user.</param>
    /// <param name="Action">pre_accept, accept, reject, terminate.</param>
    /// <param name="Succeeded">False: WhatsApp refused it.</param>
    public sealed record Acted(DateTimeOffset At, string Call, string Action, bool Succeeded) : Fact(At);

    /// <summary>WhatsApp connected the call.</summary>
    public sealed record Talked(DateTimeOffset At, string Call) : Fact(At);

    /// <summary>The call is over at WhatsApp.</summary>
    /// <param name="At">When.</param>
    /// <param name="Call">Of which user.</param>
    /// <param name="By">user, business, or the timer that ended it.</param>
    public sealed record Over(DateTimeOffset At, string Call, string By) : Fact(At);

    /// <summary>A phone rings.</summary>
    /// <param name="At">When.</param>
    /// <param name="Leg">The SIP Call-ID.</param>
    /// <param name="Phone">The extension, of one agent.</param>
    /// <param name="Call">Of which user.</param>
    /// <param name="Node">The sender of the INVITE.</param>
    public sealed record Rang(DateTimeOffset At, string Leg, string Phone, string Call, string Node) : Fact(At);

    public sealed record PickedUp(DateTimeOffset At, string Leg) : Fact(At);

    /// <summary>Another node goes on with the leg.</summary>
    public sealed record Moved(DateTimeOffset At, string Leg, string Node) : Fact(At);

    /// <summary>The leg is over at the phone.</summary>
    /// <param name="At">When.</param>
    /// <param name="Leg">Its Call-ID.</param>
    /// <param name="By">CANCEL or BYE of the gateway; phone; <see cref="Unacknowledged"/>.</param>
    public sealed record Released(DateTimeOffset At, string Leg, string By) : Fact(At)
    {
        /// <summary>The phone picked up and no ACK came for 64 T1, so that there was no call (RFC 3261 section 13.3.1.4).</summary>
        public const string Unacknowledged = "no ACK";
    }

    /// <summary>No audio of the gateway came for a while, and then some came.</summary>
    /// <param name="At">The end of the gap.</param>
    /// <param name="Call">Of which user.</param>
    /// <param name="End">Where.</param>
    /// <param name="Gap">Between two packets.</param>
    /// <param name="Late">What of it this machine took: how late the loop was that receives, or a usual thread.</param>
    /// <param name="Runnable">The most threads that a processor of this machine had to run at one moment about then.</param>
    public sealed record Silent(DateTimeOffset At, string Call, CallEnd End, TimeSpan Gap, TimeSpan Late, double Runnable) : Fact(At);

    /// <summary>Packets with consecutive SRTP indices came to the user; each one once.</summary>
    /// <param name="At">The last of them.</param>
    /// <param name="Call">Of which user; it has one key for the direction.</param>
    /// <param name="Ssrc">Of the sender.</param>
    /// <param name="First">The first index (RFC 3711 §3.3.1).</param>
    /// <param name="Last">The last.</param>
    public sealed record Indexed(DateTimeOffset At, string Call, uint Ssrc, long First, long Last) : Fact(At);

    /// <summary>A row of `calls`, at the end.</summary>
    /// <param name="At">When it was read.</param>
    /// <param name="Id">Our id of the call.</param>
    /// <param name="Call">Of which user.</param>
    /// <param name="WhatsAppId">Meta's id.</param>
    /// <param name="Cause">Null: not complete.</param>
    /// <param name="Talk">From answer to end; null: not answered, or not complete.</param>
    /// <param name="Bill">What it cost; null: nothing.</param>
    public sealed record Recorded(
        DateTimeOffset At, string Id, string Call, string? WhatsAppId, string? Cause, TimeSpan? Talk, CallBill? Bill) : Fact(At);

    /// <summary>An entry of the ledger, at the end.</summary>
    /// <param name="At">When it was read.</param>
    /// <param name="CallId">Our id of the call that it is for; null: a top-up.</param>
    /// <param name="Kind">top_up, charge …</param>
    /// <param name="Amount">Below zero: taken.</param>
    public sealed record Entered(DateTimeOffset At, string? CallId, string Kind, decimal Amount) : Fact(At);

    /// <summary>The account, at the end.</summary>
    public sealed record Balanced(DateTimeOffset At, decimal Balance, decimal Held) : Fact(At);

    /// <summary>Something of a call was still there a minute after everything had been ended.</summary>
    /// <param name="At">When it was seen.</param>
    /// <param name="Where">redis, whatsapp, phone, postgres.</param>
    /// <param name="What">The key, the id, the leg.</param>
    public sealed record Remained(DateTimeOffset At, string Where, string What) : Fact(At);
}

/// <summary>The price of a call as its record has it.</summary>
/// <param name="Pulses">Billed.</param>
/// <param name="PulseSeconds">The length of one.</param>
/// <param name="PricePerMinute">Of the rate.</param>
/// <param name="ConnectionFee">Of the rate.</param>
/// <param name="Price">The whole.</param>
public sealed record CallBill(int Pulses, int PulseSeconds, decimal PricePerMinute, decimal ConnectionFee, decimal Price);

/// <summary>One of the two ends at which audio arrives.</summary>
public enum CallEnd
{
    User,
    Phone,
}
