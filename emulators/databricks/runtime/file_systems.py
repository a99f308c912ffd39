"""The few lines of Java that Hadoop's file systems need here, compiled by the compiler that Spark carries: no JDK.

DBFS is Hadoop's view file system with credentials that count inside of it only. A mount carries the storage account's
key; Hadoop has one flat set of settings, so a key placed there would open the account to every notebook, also to one
that on Azure would be refused. `DbfsFileSystem` lets settings with a prefix of their own take effect only when a
`dbfs:/` path is opened.

abfs is Hadoop's own driver. It drops a folder's second mention (marker blob and prefix) from a listing, but only where
the two are neighbours: Azure lists blobs and prefixes in one order, Azurite lists all blobs first (observed, 3.37).
Without the lines below, a partitioned write moves every folder twice and fails.
"""

from pathlib import Path
from typing import Any

CLASSES = "classes"
"""Name of the folder of compiled classes, below the driver's configuration folder."""

MOUNT_SETTING = "drydock.mount."
"""A Hadoop setting with this prefix counts, without it, for paths of DBFS."""

IMPLEMENTATIONS = {
    "fs.dbfs.impl": "drydock.DbfsFileSystem",
    "fs.abfs.impl": "drydock.ListedOnceAbfs",
    "fs.abfss.impl": "drydock.ListedOnceAbfss",
}
"""Hadoop's setting and the class it names."""

_DBFS = """
package drydock;

public class DbfsFileSystem extends org.apache.hadoop.fs.viewfs.ViewFileSystemOverloadScheme {

    public DbfsFileSystem() throws java.io.IOException {
        super();
    }

    public void initialize(java.net.URI uri, org.apache.hadoop.conf.Configuration shared) throws java.io.IOException {
        org.apache.hadoop.conf.Configuration scoped = new org.apache.hadoop.conf.Configuration(shared);
        java.util.Iterator settings = shared.getPropsWithPrefix("PREFIX").entrySet().iterator();
        while (settings.hasNext()) {
            java.util.Map.Entry setting = (java.util.Map.Entry) settings.next();
            scoped.set((String) setting.getKey(), (String) setting.getValue());
        }
        super.initialize(uri, scoped);
    }
}
""".replace("PREFIX", MOUNT_SETTING)

_ABFS = """
package drydock;

public class NAME extends org.apache.hadoop.fs.azurebfs.BASE {

    public org.apache.hadoop.fs.FileStatus[] listStatus(org.apache.hadoop.fs.Path folder) throws java.io.IOException {
        org.apache.hadoop.fs.FileStatus[] listed = super.listStatus(folder);
        java.util.TreeMap once = new java.util.TreeMap();
        for (int i = 0; i < listed.length; i++) {
            if (!once.containsKey(listed[i].getPath())) {
                once.put(listed[i].getPath(), listed[i]);
            }
        }
        return (org.apache.hadoop.fs.FileStatus[]) once.values().toArray(
            new org.apache.hadoop.fs.FileStatus[once.size()]);
    }
}
"""

_SOURCES = (
    _DBFS,
    _ABFS.replace("NAME", "ListedOnceAbfs").replace("BASE", "AzureBlobFileSystem"),
    _ABFS.replace("NAME", "ListedOnceAbfss").replace("BASE", "SecureAzureBlobFileSystem"),
)


def compile_into(folder: Path, jvm: Any) -> None:
    """Write the class files below `folder`, which must be on the JVM's class path already."""
    for source in _SOURCES:
        compiler = jvm.org.codehaus.janino.SimpleCompiler()
        compiler.setParentClassLoader(jvm.java.lang.Thread.currentThread().getContextClassLoader())
        compiler.cook(source)
        for name, code in dict(compiler.getBytecodes()).items():
            target = folder / f"{name.replace('.', '/')}.class"
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(code)
