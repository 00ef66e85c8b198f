using Gateway.Sip.Subscriptions;
using static Fuzz.FuzzFailureException;

namespace Fuzz.Targets;

/// <summary>Reads a dialog-info document and puts it into a table of dialogs.</summary>
public sealed class DialogInfoFuzzTarget : IFuzzTarget
{
    public string Name => "dialog-info";

    public void Run(ReadOnlySpan<byte> input)
    {
        if (!DialogInfoReader.TryRead(input, out var info, out var error))
        {
            Require(info is null && error.Length > 0, "a refusal has a reason");
            return;
        }
        Require(info.Dialogs.Count <= DialogInfoReader.MaxDialogs, "dialogs are limited");
        Require(info.Dialogs.All(dialog => dialog.Id.Length > 0), "a dialog has an id");
        Require(info.Dialogs.All(dialog => dialog.State != ExtensionState.Unknown), "a dialog has a state");
        Require(!input.StartsWith("<!DOCTYPE"u8), "no document type is taken");
        var table = new DialogTable();
        Require(table.TryApply(info) == info.IsFull, "a first document counts when it is full");
        Require(table.State == ExtensionState.Unknown == !info.IsFull, "a full document says a state");
        if (info.Dialogs.All(dialog => dialog.State == ExtensionState.Idle))
            Require(table.State is ExtensionState.Idle or ExtensionState.Unknown, "an extension without dialogs is idle");
    }
}
