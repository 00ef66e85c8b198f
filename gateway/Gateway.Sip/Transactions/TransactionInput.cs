namespace Gateway.Sip.Transactions;

/// <summary>The events that can happen to a transaction. For servers the three responses are those the transaction user sends.</summary>
public enum TransactionInput
{
    /// <summary>The request leaves (client) or arrived for the first time (server).</summary>
    Start,

    /// <summary>1xx.</summary>
    Provisional,

    /// <summary>2xx.</summary>
    Success,

    /// <summary>300…699.</summary>
    Failure,

    /// <summary>The request arrived again (server).</summary>
    RequestAgain,

    /// <summary>ACK for a 300…699 (INVITE server).</summary>
    Ack,

    /// <summary>Timer A, E or G; for an INVITE server in Proceeding the 200 ms until 100 Trying.</summary>
    RetransmitDue,

    /// <summary>Timer B, D, F, H, I, J, K, L or M.</summary>
    EndDue,

    TransportError,
}

/// <summary>The steps that the owner of a transaction takes next, in the order of the members.</summary>
[Flags]
public enum TransactionActions
{
    None = 0,

    /// <summary>Send 100 Trying (INVITE server).</summary>
    SendTrying = 1,

    /// <summary>Send the last request (client) or response (server), again or for the first time.</summary>
    Transmit = 2,

    /// <summary>Send the ACK for a 300…699 (INVITE client).</summary>
    SendAck = 4,

    /// <summary>Hand the message to the transaction user.</summary>
    Deliver = 8,

    /// <summary>Report to the transaction user that no answer (client) or no ACK (server) came.</summary>
    ReportTimeout = 16,

    /// <summary>Report to the transaction user that the transport failed.</summary>
    ReportTransportError = 32,

    /// <summary>Forget the transaction.</summary>
    Forget = 64,
}

public enum TransactionState
{
    /// <summary>Not started.</summary>
    Initial,

    /// <summary>INVITE client: no response yet.</summary>
    Calling,

    /// <summary>Non-INVITE: no response yet.</summary>
    Trying,
    Proceeding,

    /// <summary>300…699 on INVITE; any final response otherwise.</summary>
    Completed,

    /// <summary>INVITE server: the ACK for 300…699 came.</summary>
    Confirmed,

    /// <summary>INVITE: 2xx (RFC 6026).</summary>
    Accepted,
    Terminated,
}
