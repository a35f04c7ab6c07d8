"""Domains of free mail providers: an address there says nothing about the sender's company."""

_LISTED = """
126.com 163.com aim.com alice.it aol.com aol.de arcor.de att.net bellsouth.net bigpond.com
bluewin.ch bol.com.br btinternet.com centrum.cz charter.net comcast.net cox.net daum.net
duck.com earthlink.net email.cz email.de fastmail.com fastmail.fm free.fr freenet.de gmail.com
gmx.at gmx.ch gmx.com gmx.de gmx.net googlemail.com hanmail.net hey.com home.nl hotmail.be
hotmail.ca hotmail.co.uk hotmail.com hotmail.com.br hotmail.de hotmail.es hotmail.fr hotmail.it
hotmail.nl hushmail.com icloud.com ig.com.br inbox.com inbox.lv inbox.ru interia.pl juno.com
kpnmail.nl laposte.net libero.it live.be live.ca live.co.uk live.com live.com.au live.de live.fr
live.it live.nl mac.com mail.com mail.de mail.ru mailbox.org me.com msn.com nate.com naver.com
netzero.net neuf.fr ntlworld.com o2.pl onet.pl online.de optonline.net optusnet.com.au orange.fr
outlook.be outlook.com outlook.com.br outlook.de outlook.es outlook.fr outlook.it pm.me
posteo.de proton.me protonmail.ch protonmail.com qq.com rambler.ru rediffmail.com rocketmail.com
sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.com sky.com skynet.be sympatico.ca
t-online.de talktalk.net telenet.be telia.com terra.com.br tin.it tiscali.it tuta.com
tutanota.com ukr.net uol.com.br verizon.net virgilio.it virginmedia.com wanadoo.fr web.de
windowslive.com wp.pl xtra.co.nz yahoo.ca yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com
yahoo.com.au yahoo.com.br yahoo.com.mx yahoo.de yahoo.es yahoo.fr yahoo.it yandex.com yandex.ru
yeah.net ymail.com ziggo.nl zoho.com
"""

FREE_MAIL_DOMAINS: tuple[str, ...] = tuple(_LISTED.split())
