using Gateway.Calls;

namespace Gateway.Worker.Nodes;

/// <summary>The calls of this node as what joins the nodes sees them.</summary>
internal interface IOwnedCalls
{
    /// <summary>Each with the fencing token that this node shows.</summary>
    IReadOnlyCollection<(CallId Call, long Token)> Owned { get; }

    /// <summary>The node takes new calls of users.</summary>
    bool HasRoom { get; }

    /// <summary>Another node has the call: it is let go of, silently towards both sides. Idempotent.</summary>
    Task LetGoAsync(CallId call);

    /// <summary>
    /// Of these calls, and of those that have changed since they were saved last, the ones that another node could go on with as they are
    /// now.
    /// </summary>
    Task<IReadOnlyList<SavedCall>> SaveAsync(Func<CallId, bool> which);

    /// <summary>
    /// The call for another node, exactly: from now on nothing is done for it here. Null: it cannot be moved as it is now.
    /// </summary>
    Task<SavedCall?> HandOverAsync(CallId call);

    /// <summary>False: its channel or trunk is not here, or there is no room.</summary>
    bool CouldResume(SavedCall saved);

    /// <summary>Goes on with a call of another node. False: its channel or trunk is not here, or nothing leads to its phone.</summary>
    /// <param name="saved">Under the identity that it has here.</param>
    /// <param name="takeovers">How often the call has changed hands since it was saved.</param>
    bool TryResume(SavedCall saved, int takeovers);

    /// <summary>Meta has reported the end of a call that goes on here.</summary>
    void NoteEnd(CallId call);

    /// <summary>
    /// Neither side is heard any more, and this node is cut off: it ends here without a word to either, for another node has it. Its record
    /// counts only where none has.
    /// </summary>
    void EndQuietly(CallId call);
}
