using System.Runtime.InteropServices;
using Media.Native.Net;

namespace Media.Native.Files;

/// <summary>Makes the names in a folder durable, for which .NET has no method.</summary>
public static class Folder
{
    /// <summary>
    /// Returns when every file created, renamed or removed in the folder before is so on the disk (fsync(2), "Calling fsync() does not
    /// necessarily ensure that the entry in the directory containing the file has also reached disk").
    /// </summary>
    /// <exception cref="IOException">The folder cannot be opened or the disk failed.</exception>
    public static void Flush(string path)
    {
        using var folder = LibC.Open(path, LibC.OpenCloseOnExec); // read only
        if (folder.IsInvalid || LibC.Flush(folder) != 0)
            throw new IOException(
                $"The folder {path} could not be flushed: {Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError())}");
    }
}
