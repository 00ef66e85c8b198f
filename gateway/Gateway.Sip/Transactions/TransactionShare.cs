namespace Gateway.Sip.Transactions;

/// <summary>
/// The part of the transaction table that a request takes. Each part has a limit of its own, so that no flood of new requests keeps a call
/// from ending.
/// </summary>
public enum TransactionShare
{
    /// <summary>An INVITE outside dialogs.</summary>
    NewCall,

    /// <summary>A REGISTER with credentials.</summary>
    Registration,

    /// <summary>A request inside a known dialog.</summary>
    Dialog,

    /// <summary>BYE of a live call and CANCEL of a known INVITE: at most one of each for a call.</summary>
    Ending,
}
