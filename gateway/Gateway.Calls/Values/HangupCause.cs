namespace Gateway.Calls;

/// <summary>
/// The reason why a call ended: a closed set, shown under the same (snake-case) name in logs, metrics, records and the admin API. The
/// detail (SIP status, Meta's code and text) is in the call record.
/// </summary>
public enum HangupCause
{
    /// <summary>The WhatsApp user hung up an answered call.</summary>
    WhatsAppHungUp,

    /// <summary>The PBX or its agent hung up an answered call.</summary>
    PbxHungUp,

    /// <summary>The caller gave up before an answer: the user of an inbound call, the agent of an outbound one.</summary>
    CallerGaveUp,

    /// <summary>The called side declined: an agent's 603, or the user's tap on decline.</summary>
    Declined,

    Busy,

    /// <summary>It rang and was not answered in time.</summary>
    NoAnswer,

    /// <summary>No trunk of the route could be reached, or all are known to be down.</summary>
    PbxUnreachable,

    /// <summary>The PBX answered with a failure that is none of the above.</summary>
    PbxFailed,

    /// <summary>The PBX redirected the call (3xx) out of its trunk, or more often than the trunk follows.</summary>
    PbxRedirected,

    /// <summary>The SIP session of an answered call was not refreshed in time (RFC 4028), so the gateway ended it.</summary>
    SessionExpired,

    /// <summary>The dialled user cannot be reached on WhatsApp.</summary>
    UserUnreachable,

    /// <summary>The user has not permitted calls from this number, or the permitted number of calls is used up.</summary>
    NotPermitted,

    /// <summary>Meta, or our own settings, do not let this channel call or be called.</summary>
    ChannelDisabled,

    /// <summary>The user called outside the channel's call hours.</summary>
    OutsideCallHours,

    /// <summary>Calling is not offered, in this direction, for the country of the business number.</summary>
    CountryNotServed,

    /// <summary>The account is below its minimum balance, or its money is held for other calls.</summary>
    BalanceTooLow,

    /// <summary>The account's money was used up during the call.</summary>
    BalanceExhausted,

    /// <summary>The call was as long as calls of its channel may be.</summary>
    MaxLengthReached,

    /// <summary>No rate of the account's card covers this user: without a price there is no call.</summary>
    NoRate,

    /// <summary>Meta requires a payment set-up.</summary>
    PaymentRequired,

    /// <summary>One of Meta's limits on rate or parallel calls.</summary>
    RateLimited,

    /// <summary>No route leads from this channel to a PBX, or from this trunk to a channel.</summary>
    NoRoute,

    /// <summary>The only ways lead to the public telephone network, which Meta does not let WhatsApp calls reach.</summary>
    PstnForbidden,

    /// <summary>This node has no media port or no call slot left.</summary>
    NoCapacity,

    /// <summary>This node is stopping.</summary>
    Draining,

    /// <summary>The two sides' SDP have nothing in common, or one is broken.</summary>
    IncompatibleMedia,

    /// <summary>ICE, DTLS or the media itself failed after signalling succeeded.</summary>
    MediaFailed,

    /// <summary>Meta refused or failed for a reason of its own; its code is in the record.</summary>
    WhatsAppFailed,

    /// <summary>Another answer won the call.</summary>
    AnsweredElsewhere,

    /// <summary>A flow came to its end after the gateway itself had answered: an announcement, or a message that was left.</summary>
    FlowEnded,

    /// <summary>The user left the queue by the key that asks for a call back.</summary>
    CallbackRequested,

    /// <summary>The agent for whom a call was to be placed is not available.</summary>
    AgentUnavailable,

    /// <summary>An operator ended it through the admin API.</summary>
    OperatorHungUp,

    /// <summary>A store that must answer before a call may go on was unavailable.</summary>
    StorageUnavailable,

    /// <summary>Meta's offer came long after the user had given up: the gateway was
    /// down, or the webhook was late. No agent was rung.</summary>
    OfferedTooLate,

    /// <summary>The node that carried the call was lost; another one, or its next start, completed the record.</summary>
    NodeLost,

    /// <summary>A defect of the gateway; details are in the log.</summary>
    InternalError,
}
